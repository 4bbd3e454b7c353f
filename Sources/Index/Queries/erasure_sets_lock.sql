-- role: sluice_admin · locks: principal_set against every writer, until the transaction ends: nobody takes a set into use meanwhile · plan: result
select lock_principal_sets()
