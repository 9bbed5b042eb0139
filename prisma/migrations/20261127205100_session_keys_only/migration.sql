-- Second step of 20261127205000_session_keys: the indexes become the keys, and an id of a message need only be unique in
-- its session. Nothing here takes longer the more messages there are, since only the streams that are open are read.

-- All at once, in the order in which statements take them.
LOCK TABLE "ChatMessage", "ChatMessageStream", "ChatMessageChunk" IN ACCESS EXCLUSIVE MODE;

-- DropForeignKey
ALTER TABLE "ChatMessageChunk" DROP CONSTRAINT "ChatMessageChunk_messageId_fkey";

-- DropForeignKey
ALTER TABLE "ChatMessageStream" DROP CONSTRAINT "ChatMessageStream_messageId_fkey";

-- AlterTable
ALTER TABLE "ChatMessage" DROP CONSTRAINT "ChatMessage_pkey",
ADD CONSTRAINT "ChatMessage_pkey" PRIMARY KEY USING INDEX "ChatMessage_sessionId_id_key";

-- AlterTable
ALTER TABLE "ChatMessageStream" DROP CONSTRAINT "ChatMessageStream_pkey",
ADD CONSTRAINT "ChatMessageStream_pkey" PRIMARY KEY ("sessionId","messageId");

-- The key begins with the session too.
-- DropIndex
DROP INDEX "ChatMessageStream_sessionId_idx";

UPDATE "ChatMessageChunk" c SET "sessionId" = st."sessionId"
FROM "ChatMessageStream" st WHERE st."messageId" = c."messageId";

-- AlterTable
ALTER TABLE "ChatMessageChunk" DROP CONSTRAINT "ChatMessageChunk_pkey",
ALTER COLUMN "sessionId" SET NOT NULL,
ADD CONSTRAINT "ChatMessageChunk_pkey" PRIMARY KEY ("sessionId","messageId","revision");

-- AddForeignKey
ALTER TABLE "ChatMessageStream" ADD CONSTRAINT "ChatMessageStream_sessionId_messageId_fkey" FOREIGN KEY ("sessionId", "messageId") REFERENCES "ChatMessage"("sessionId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ChatMessageChunk" ADD CONSTRAINT "ChatMessageChunk_sessionId_messageId_fkey" FOREIGN KEY ("sessionId", "messageId") REFERENCES "ChatMessageStream"("sessionId", "messageId") ON DELETE CASCADE ON UPDATE CASCADE;

-- Servers of the version before name a piece of a text by its message alone, and make sure that no other session has a
-- message of its id. They write on beside this schema, and after a way back; the next version drops this.
CREATE FUNCTION chatledger_session_of_chunk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."sessionId" := (
    SELECT m."sessionId" FROM "ChatMessage" m WHERE m.id = NEW."messageId" AND m.status = 'in_progress'
    ORDER BY m."createdAt" DESC LIMIT 1
  );
  RETURN NEW;
END
$$;
CREATE TRIGGER "ChatMessageChunk_sessionId" BEFORE INSERT ON "ChatMessageChunk"
FOR EACH ROW WHEN (NEW."sessionId" IS NULL) EXECUTE FUNCTION chatledger_session_of_chunk();
