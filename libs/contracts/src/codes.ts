/** What a code means to a client: the HTTP status it travels with, a short title, and whether the refusal is of the moment: asked again later, the request may succeed. */
export interface CodeMeaning {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

/** Every problem code of the public API. docs/errors.md is the page that `type` of a problem points to. */
export const codes = {
  VALIDATION_FAILED: { status: 400, title: 'The request is malformed', retryable: false },
  UNAUTHENTICATED: { status: 401, title: 'Sign in first', retryable: false },
  INVALID_CREDENTIALS: { status: 401, title: 'Email or password is wrong', retryable: false },
  SESSION_ENDED: { status: 401, title: 'The session has ended; sign in again', retryable: false },
  QUEUE_TOKEN_REQUIRED: { status: 401, title: 'A queue token is needed here', retryable: false },
  QUEUE_TOKEN_INVALID: { status: 401, title: 'The queue token is not one of ours, or its life is over', retryable: false },
  INSUFFICIENT_POINTS: { status: 402, title: 'The wallet holds too few points', retryable: true },
  FORBIDDEN: { status: 403, title: 'This is not yours to do', retryable: false },
  PASSWORD_WRONG: { status: 403, title: 'This is not your password', retryable: false },
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'Only pages of the shop may do this with cookies', retryable: false },
  QUEUE_TOKEN_FOREIGN: { status: 403, title: 'The queue token belongs to another member', retryable: false },
  QUEUE_NOT_ADMITTED: { status: 403, title: 'It is not your turn', retryable: true },
  QUEUE_WRONG: { status: 403, title: 'The queue token is for another queue', retryable: false },
  QUEUE_CLOSED: { status: 403, title: 'The queue is closed', retryable: false },
  LANE_NOT_GRANTED: { status: 403, title: 'This lane is not open to you', retryable: false },
  INVITATION_INVALID: { status: 403, title: 'The invitation is not valid, or it is used', retryable: false },
  NOT_FOUND: { status: 404, title: 'There is no such thing, or it is not yours', retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path does not take this method', retryable: false },
  EMAIL_TAKEN: { status: 409, title: 'A member with this email exists', retryable: false },
  QUEUE_EXISTS: { status: 409, title: 'A queue with this id exists', retryable: false },
  EPOCH_NOT_BEGUN: { status: 409, title: 'The queue is not in that epoch yet', retryable: false },
  QUEUE_ALREADY_CLOSED: { status: 409, title: 'The queue is closed, and stays so', retryable: false },
  OPENING_FIXED: { status: 409, title: 'The opening can no longer be changed', retryable: false },
  SEAT_TAKEN: { status: 409, title: 'The seat is held or sold', retryable: false },
  SEAT_UNKNOWN: { status: 409, title: 'The schedule has no such seat', retryable: false },
  MEMBER_LIMIT: { status: 409, title: 'This is more than one member may have', retryable: false },
  COUPON_NOT_ACTIVE: { status: 409, title: 'The coupon is not given out now', retryable: true },
  COUPON_SOLD_OUT: { status: 409, title: 'All of this coupon are given out', retryable: false },
  COUPON_ALREADY_ISSUED: { status: 409, title: 'You have this coupon', retryable: false },
  SALE_NOT_OPEN: { status: 409, title: 'The sale is not open', retryable: true },
  HOLD_EXPIRED: { status: 409, title: 'The hold has expired', retryable: false },
  HOLD_LOST: { status: 409, title: 'The seats were lost before the payment was through; the points are back', retryable: false },
  CANCELLED_BY_OPERATOR: { status: 409, title: 'An operator has cancelled this; nothing was taken', retryable: true },
  SAGA_ENDED: { status: 409, title: 'The saga is at its end', retryable: false },
  SAGA_PAST_PIVOT: { status: 409, title: 'The saga is past its point of no return, and can only go forward', retryable: false },
  ALREADY_PAID: { status: 409, title: 'This is paid already', retryable: false },
  PAYMENT_IN_PROGRESS: { status: 409, title: 'A payment for this is under way', retryable: true },
  BUSY: { status: 409, title: 'Many want this at once; ask again', retryable: true },
  IDEMPOTENCY_IN_FLIGHT: { status: 409, title: 'A request with this key is under way', retryable: true },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request is too large', retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Only application/json is understood here', retryable: false },
  AMOUNT_TOO_SMALL: { status: 422, title: 'The amount is below the least one', retryable: false },
  BALANCE_TOO_LARGE: { status: 422, title: 'The wallet would hold more than it can', retryable: false },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The key was used for another request', retryable: false },
  UPGRADE_REQUIRED: { status: 426, title: 'This is spoken by WebSocket', retryable: false },
  IDEMPOTENCY_KEY_REQUIRED: { status: 428, title: 'An Idempotency-Key is needed here', retryable: false },
  RATE_LIMITED: { status: 429, title: 'Too many requests', retryable: true },
  INTERNAL: { status: 500, title: 'Something went wrong on our side', retryable: true },
  UPSTREAM_UNAVAILABLE: { status: 503, title: 'A part of the shop is away', retryable: true },
  QUEUE_FULL: { status: 503, title: 'The waiting room is full', retryable: true },
  OVERLOADED: { status: 503, title: 'Too much at once; ask again shortly', retryable: true },
  TIMEOUT: { status: 504, title: 'The answer did not come in time', retryable: true },
} as const satisfies Record<string, CodeMeaning>;

export type Code = keyof typeof codes;
