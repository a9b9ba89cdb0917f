# What a verbose test log says of the tests that were skipped, and why: each reason once.

/^=== (RUN|CONT|NAME) / { test = $3 }

/^ +[^ :]+\.go:[0-9]+: / { said[test] = $0; sub(/^ +/, "", said[test]) } # the last word counts

/^ *--- SKIP: / {
	reason = $3 in said ? said[$3] : $3 " says no reason"
	if (!told[reason]++) print "skipped: " reason
}

/^(ok|FAIL) *\t/ { delete said } # the next package may have tests of the same names
