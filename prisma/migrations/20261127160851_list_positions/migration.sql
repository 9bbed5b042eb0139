-- DropIndex
DROP INDEX "DeletedChatSession_userId_deletedAt_idx";

-- What is there counts as told: 0 is before all positions. Only new rows get the default, so no row is rewritten.
-- Servers of the version before may still write: what they create and delete is told, but what they change in a session
-- gets no new position, and watchers of lists learn of it with the next change. Stop them first where that matters.
-- AlterTable
ALTER TABLE "ChatSession" ADD COLUMN     "listTransaction" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "ChatSession" ALTER COLUMN "listTransaction" SET DEFAULT ((pg_current_xact_id())::text)::bigint;

-- AlterTable
ALTER TABLE "DeletedChatSession" ADD COLUMN     "listTransaction" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "DeletedChatSession" ALTER COLUMN "listTransaction" SET DEFAULT ((pg_current_xact_id())::text)::bigint;

-- Both begin empty: they are made in the time that it takes to read the tables once.
-- CreateIndex
CREATE INDEX "ChatSession_userId_listTransaction_idx" ON "ChatSession"("userId", "listTransaction") WHERE ("listTransaction" > 0);

-- CreateIndex
CREATE INDEX "DeletedChatSession_userId_listTransaction_idx" ON "DeletedChatSession"("userId", "listTransaction") WHERE ("listTransaction" > 0);
