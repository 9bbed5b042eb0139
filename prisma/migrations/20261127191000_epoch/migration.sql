-- The epoch of the database: a text that changes when what is read now need not continue what was read before, because
-- this is another database (a dump that was restored), or another history of it (a standby that took over, a backup that
-- was restored to a point in time). A crash begins no epoch, because what was read before it was
-- on disk, unless commits do not wait for the disk; a crash resets the statistics.
-- A service that does not give a part of it goes without that part.
CREATE FUNCTION chatledger_epoch() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  cluster text;
  timeline text;
  crash text;
BEGIN
  BEGIN
    cluster := (SELECT system_identifier FROM pg_control_system());
  EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
    NULL;
  END;
  BEGIN
    -- The control file learns of a new timeline some time after a standby has taken over.
    timeline := CASE WHEN pg_is_in_recovery()
      THEN lpad(upper(to_hex((SELECT timeline_id FROM pg_control_checkpoint()))), 8, '0')
      ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END;
  EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
    NULL;
  END;
  IF current_setting('synchronous_commit') = 'off' THEN
    crash := extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time());
  END IF;
  RETURN left(md5(concat_ws('/', 'epoch', cluster, timeline, crash,
    (SELECT oid FROM pg_database WHERE datname = current_database()))), 16);
END
$$;
