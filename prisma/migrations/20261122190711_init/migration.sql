-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "ChatMessageRole" AS ENUM ('system', 'developer', 'user', 'assistant', 'tool', 'function');

-- CreateTable
CREATE TABLE "ChatSession" (
    "id" UUID NOT NULL,
    "userId" TEXT NOT NULL,
    "title" TEXT,
    "credentials" JSONB NOT NULL DEFAULT '{}',
    "successfulAgentRuns" JSONB NOT NULL DEFAULT '{}',
    "successfulAgentSchedules" JSONB NOT NULL DEFAULT '{}',
    "totalPromptTokens" INTEGER NOT NULL DEFAULT 0,
    "totalCompletionTokens" INTEGER NOT NULL DEFAULT 0,
    "messageCount" INTEGER NOT NULL DEFAULT 0,
    "nextSequence" INTEGER NOT NULL DEFAULT 0,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ChatSession_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ChatMessage" (
    "id" UUID NOT NULL,
    "sessionId" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "role" "ChatMessageRole" NOT NULL,
    "content" TEXT,
    "name" TEXT,
    "toolCallId" TEXT,
    "refusal" TEXT,
    "toolCalls" JSON,
    "functionCall" JSON,
    "revision" INTEGER NOT NULL,
    "bodyHash" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ChatMessage_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ChatSession_userId_updatedAt_id_idx" ON "ChatSession"("userId", "updatedAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "ChatMessage_sessionId_revision_idx" ON "ChatMessage"("sessionId", "revision");

-- CreateIndex
CREATE INDEX "ChatMessage_sessionId_toolCallId_idx" ON "ChatMessage"("sessionId", "toolCallId") WHERE ("toolCallId" IS NOT NULL);

-- CreateIndex
CREATE UNIQUE INDEX "ChatMessage_sessionId_sequence_key" ON "ChatMessage"("sessionId", "sequence");

-- AddForeignKey
ALTER TABLE "ChatMessage" ADD CONSTRAINT "ChatMessage_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "ChatSession"("id") ON DELETE CASCADE ON UPDATE CASCADE;
