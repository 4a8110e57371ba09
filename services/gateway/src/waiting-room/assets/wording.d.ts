/** Where somebody stands in line, as far as the page's words go. */
export interface Place {
  readonly status: string;
  readonly state?: string | undefined;
  readonly message?: string | undefined;
  readonly position?: number | undefined;
  readonly etaSeconds?: number | undefined;
}

export declare function numberWords(number: number): string;
export declare function waitWords(seconds: number | undefined): string;
export declare function headingWords(place: Pick<Place, 'status'>): string;
export declare function placeWords(place: Place): string;
export declare function stateWords(place: Pick<Place, 'status' | 'state'>): string;
export declare function progressOf(place: {
  readonly position?: number | undefined;
  readonly first?: number | undefined;
}): { value: number; max: number } | undefined;
export declare function isWorthTelling(told: Place, now: Place): boolean;
