% expect: underivable
% The classic suite: the client's first message stays secret.

include('../rules/attacker.p').
include('../rules/classic_honest.p').

cnf(goal, negated_conjecture, ( ~att(before, secret) )).
