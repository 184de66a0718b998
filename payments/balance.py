"""What a bill asks for and what of it is paid: the one definition, as a piece of SQL for whoever reads bills. It writes nothing.

Asked for is the amount of the bill and all its adjustments; paid is what lies on it. Neither is stored anywhere else.
"""

from __future__ import annotations

# For standing behind `invoices i`, where i is bound to one school: balance.asked, balance.paid and balance.remaining.
# The sums keep it from being pulled apart, so it is worked out once a bill however often it is named.
BALANCE = """CROSS JOIN LATERAL (
             SELECT (i.amount + coalesce(sum(m.adjusted), 0))::bigint AS asked,
                    coalesce(sum(m.laid), 0)::bigint AS paid,
                    CASE WHEN i.cancelled_at IS NULL
                         THEN greatest(i.amount + coalesce(sum(m.adjusted - m.laid), 0), 0)
                         ELSE 0
                    END::bigint AS remaining
               FROM (SELECT j.amount AS adjusted, 0::bigint AS laid
                       FROM invoice_adjustments j
                      WHERE j.school_id = i.school_id
                        AND j.invoice_id = i.invoice_id
                      UNION ALL
                     SELECT 0::bigint, a.amount
                       FROM allocations a
                      WHERE a.school_id = i.school_id
                        AND a.invoice_id = i.invoice_id) m) AS balance"""

# A bill's state, derived every time. A bill that asks for nothing any more is paid.
STATE = """CASE WHEN i.cancelled_at IS NOT NULL       THEN 'cancelled'
                WHEN balance.paid >= balance.asked THEN 'paid'
                WHEN balance.paid > 0              THEN 'part'
                ELSE 'open'
           END"""
