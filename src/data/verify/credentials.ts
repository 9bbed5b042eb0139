import { decryptIfPossible, type CredentialsCipher } from '../credentials/cipher.js';
import type { StoredCredentials } from '../row-values.js';
import type { Check, Finding } from './check.js';

interface Row {
  readonly id: string;
  readonly credentials: StoredCredentials;
}

/** Sessions that are looked at together: each has 350 kB of credentials at most. */
const batch = 100;

/** Whether the keys at hand open the credentials of each session. */
export function credentialsCheck(cipher: CredentialsCipher): Check {
  return {
    name: 'credentials',
    severity: 'fault',
    what: "the credentials of the session can't be decrypted with the keys that are configured",
    async find(client, limit) {
      const findings: Finding[] = [];
      let total = 0;
      await client.query(`/* verify_credentials */ DECLARE stored CURSOR FOR
        SELECT s.id, s.credentials FROM "ChatSession" s WHERE s.credentials <> '{}' ORDER BY s.id`);
      for (;;) {
        const { rows } = await client.query<Row>(`FETCH ${batch} FROM stored`);
        if (rows.length === 0) break;
        for (const { id, credentials } of rows) {
          if (decryptIfPossible(cipher, id, credentials) !== undefined) continue;
          total += 1;
          if (findings.length < limit) findings.push({ sessionId: id });
        }
      }
      await client.query('CLOSE stored');
      return { total, findings };
    },
  };
}
