-- role: sluice_retrieval · locks: none · plan: result
-- Any of the terms: plainto_tsquery joins with &, and no lexeme holds a space.
select set_config('sluice.terms', replace(plainto_tsquery('english', $1::text)::text, ' & ', ' | '), true) <> ''
