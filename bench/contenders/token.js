import { SignJWT } from 'jose';

/** With which those contenders check tokens that check any. */
export const tokenSecret = 'only for measuring: 32 characters or more';

const tokens = new Map();

/** A token is made once for each user, as a client keeps its own. */
export async function tokenOf(userId) {
  let token = tokens.get(userId);
  if (token === undefined) {
    token = await new SignJWT({ sub: userId })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('12h')
      .sign(new TextEncoder().encode(tokenSecret));
    tokens.set(userId, token);
  }
  return token;
}
