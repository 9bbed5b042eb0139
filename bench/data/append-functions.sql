-- Appends as a user of PostGraphile writes them: functions, of which it makes mutations.
CREATE FUNCTION append_chat_messages("sessionId" uuid, "userId" text, messages json) RETURNS SETOF "ChatMessage"
LANGUAGE sql VOLATILE AS $$
  WITH session AS (
    UPDATE "ChatSession" s SET
      "nextSequence" = s."nextSequence" + json_array_length(messages),
      "messageCount" = s."messageCount" + json_array_length(messages),
      revision = s.revision + 1, "updatedAt" = GREATEST(s."updatedAt", statement_timestamp())
    WHERE s.id = append_chat_messages."sessionId" AND s."userId" = append_chat_messages."userId"
    RETURNING s.id, s."nextSequence" - json_array_length(messages) AS start, s.revision, s."updatedAt"
  )
  INSERT INTO "ChatMessage" (id, "sessionId", sequence, role, content, "toolCallId", "toolCalls", revision,
    "appendedRevision", "createdAt", "updatedAt")
  SELECT gen_random_uuid(), session.id, session.start + message.place - 1, (message.body->>'role')::"ChatMessageRole",
    message.body->>'content', message.body->>'toolCallId', NULLIF((message.body->'toolCalls')::text, 'null')::json,
    session.revision, session.revision, session."updatedAt", session."updatedAt"
  FROM session, json_array_elements(messages) WITH ORDINALITY AS message(body, place)
  RETURNING *
$$;

CREATE FUNCTION append_chat_message("sessionId" uuid, "userId" text, message json) RETURNS "ChatMessage"
LANGUAGE sql VOLATILE AS $$
  SELECT * FROM append_chat_messages("sessionId", "userId", json_build_array(message))
$$;
