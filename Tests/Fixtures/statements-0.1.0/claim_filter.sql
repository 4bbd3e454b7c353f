-- role: sluice_retrieval · locks: none · plan: result
-- A conjunction of "one of": values of one condition ($1) are alternatives. Without any condition everything that has facets matches.
select set_config('sluice.filter', coalesce(
    (select string_agg(c.one_of, '&') from (
        select '(' || string_agg(distinct facet(s.tenant_id, s.generation_id, v.kind, v.value), '|') || ')' as one_of
        from unnest($1::int[], $2::text[], $3::jsonb[]) as v (condition, kind, value)
        group by v.condition) c),
    facet(s.tenant_id, s.generation_id, 'any', 'null')), true) is not null
from (select nullif(current_setting('sluice.tenant', true), '')::int as tenant_id,
    nullif(current_setting('sluice.generation', true), '')::int as generation_id) s
