// Built below.
