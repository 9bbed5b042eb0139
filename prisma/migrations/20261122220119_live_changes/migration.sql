-- CreateEnum
CREATE TYPE "ChatMessageStatus" AS ENUM ('in_progress', 'complete', 'failed', 'cancelled');

-- DropIndex
DROP INDEX "ChatMessage_sessionId_revision_idx";

-- AlterTable
ALTER TABLE "ChatSession" ADD COLUMN     "createdRevision" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "ownRevision" INTEGER NOT NULL DEFAULT 0;

-- Which of their changes were of the session itself, nobody has kept: all of them might have been.
UPDATE "ChatSession" SET "ownRevision" = "revision" WHERE "revision" > 0;

-- Room in each page for the next version of a row, so that a change which moves no index stays in it.
ALTER TABLE "ChatSession" SET (fillfactor = 85);

-- AlterTable
ALTER TABLE "ChatMessage" ADD COLUMN     "appendedRevision" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "finishHash" BYTEA,
ADD COLUMN     "status" "ChatMessageStatus" NOT NULL DEFAULT 'complete';
UPDATE "ChatMessage" SET "appendedRevision" = "revision";
ALTER TABLE "ChatMessage" ALTER COLUMN "appendedRevision" DROP DEFAULT;

-- CreateTable
CREATE TABLE "ChatMessageStream" (
    "messageId" UUID NOT NULL,
    "sessionId" UUID NOT NULL,
    "length" INTEGER NOT NULL,
    "bytes" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ChatMessageStream_pkey" PRIMARY KEY ("messageId")
) WITH (fillfactor = 50);

-- CreateTable
CREATE TABLE "ChatMessageChunk" (
    "messageId" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    "delta" TEXT NOT NULL,

    CONSTRAINT "ChatMessageChunk_pkey" PRIMARY KEY ("messageId","revision")
);

-- CreateTable
CREATE TABLE "DeletedChatSession" (
    "id" UUID NOT NULL,
    "userId" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "deletedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "DeletedChatSession_pkey" PRIMARY KEY ("id","userId")
);

-- CreateIndex
CREATE INDEX "ChatMessageStream_sessionId_idx" ON "ChatMessageStream"("sessionId");

-- CreateIndex
CREATE INDEX "DeletedChatSession_userId_deletedAt_idx" ON "DeletedChatSession"("userId", "deletedAt");

-- CreateIndex
CREATE INDEX "ChatMessage_sessionId_appendedRevision_idx" ON "ChatMessage"("sessionId", "appendedRevision");

-- CreateIndex
CREATE INDEX "ChatMessage_sessionId_revision_idx" ON "ChatMessage"("sessionId", "revision") WHERE ("revision" > "appendedRevision");

-- AddForeignKey
ALTER TABLE "ChatMessageStream" ADD CONSTRAINT "ChatMessageStream_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "ChatMessage"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ChatMessageChunk" ADD CONSTRAINT "ChatMessageChunk_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "ChatMessageStream"("messageId") ON DELETE CASCADE ON UPDATE CASCADE;
