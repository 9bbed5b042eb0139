-- The indexes of 20261127205000_session_keys, built beside reads and writes, which go on. What an earlier try has left may
-- be half an index.

-- DropIndex
DROP INDEX CONCURRENTLY IF EXISTS "ChatMessage_sessionId_id_key";

-- CreateIndex
CREATE UNIQUE INDEX CONCURRENTLY "ChatMessage_sessionId_id_key" ON "ChatMessage"("sessionId", "id");

-- DropIndex
DROP INDEX CONCURRENTLY IF EXISTS "ChatMessage_id_ownerHash_createdAt_idx";

-- CreateIndex
CREATE INDEX CONCURRENTLY "ChatMessage_id_ownerHash_createdAt_idx" ON "ChatMessage"("id", "ownerHash", "createdAt");
