-- role: sluice_admin · locks: the rows · plan: answer_text_erase_after
delete from answer_text where erase_after <= now()
