"""The learnability lab: traces, minimal programs, theorem checks, training (section 3 and appendices B, C of the ALTA paper)."""
