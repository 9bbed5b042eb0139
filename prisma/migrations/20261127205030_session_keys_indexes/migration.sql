-- The indexes of 20261127205000_session_keys. While they are built, writes of messages wait; reads do not.

-- CreateIndex
CREATE UNIQUE INDEX "ChatMessage_sessionId_id_key" ON "ChatMessage"("sessionId", "id");

-- CreateIndex
CREATE INDEX "ChatMessage_id_ownerHash_createdAt_idx" ON "ChatMessage"("id", "ownerHash", "createdAt");
