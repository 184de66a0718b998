-- What each address answered is folded away with its delivery from now on (notifications/past.py), save for what cost money. Of deliveries
-- that were folded before, the answers go here.
DELETE FROM delivery_attempts a
 USING notices n
 WHERE n.school_id = a.school_id
   AND n.notice_id = a.notice_id
   AND n.folded_at IS NOT NULL
   AND a.channel NOT IN ('zns', 'sms');
