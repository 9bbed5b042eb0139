/** Variables that are all wrong, some only together. */
export const wrongVariables: Record<string, string> = {
  HOST: '0.0.0.0',
  PORT: 'x',
  DATABASE_URL: 'mysql://root:hunter2@h/d',
  DATABASE_POOL_SIZE: '0',
  MIGRATE: 'hunter2',
  CREDENTIALS_KEYS: 'a:hunter2',
  AUTH_JWT_ISSUER: 'https://i.example.com',
  AUTH_API_KEYS: '',
  CORS_ORIGINS: '*',
  GRAPHIQL: 'yes',
  FAST_PATH: 'never',
  LOG_LEVEL: 'loud',
  BODY_LIMIT: '1',
  STOP_TIMEOUT_SECONDS: 'never',
  STREAM_TIMEOUT_SECONDS: 'never',
};
/** Those that the message names. */
export const wrongVariableNames = Object.keys(wrongVariables).filter((name) => name !== 'AUTH_API_KEYS');
