-- First step towards keys that begin with the session: what the keys consist of. Their indexes come by themselves, since
-- what is locked here is locked until the end, and they take long.

-- AlterTable
ALTER TABLE "ChatMessage" ADD COLUMN     "ownerHash" BYTEA;

-- AlterTable
ALTER TABLE "ChatMessageChunk" ADD COLUMN     "sessionId" UUID;
