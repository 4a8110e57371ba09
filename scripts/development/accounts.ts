/** Who can sign in after `npm start`; production has neither. */
export interface Account {
  email: string;
  password: string;
  name: string;
}

export const demoMember: Account = { email: 'demo@onsale.local', password: 'demo-password-1', name: 'Demo member' };

export function operatorAccount(env: NodeJS.ProcessEnv): Account {
  return { email: 'operator@onsale.local', password: env.ONSALE_OPERATOR_PASSWORD || 'onsale-operator', name: 'Operator' };
}
