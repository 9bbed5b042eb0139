-- First step towards keys that begin with the session: the indexes that take long on many messages are built here, while
-- the table is read on. Until they are, writes of messages wait.

-- AlterTable
ALTER TABLE "ChatMessageChunk" ADD COLUMN     "sessionId" UUID;

-- CreateIndex
CREATE UNIQUE INDEX "ChatMessage_sessionId_id_key" ON "ChatMessage"("sessionId", "id");

-- CreateIndex
CREATE INDEX "ChatMessage_id_idx" ON "ChatMessage"("id");
