"""Functions of `examples/shop` in the cloud: deployed to MiniStack from the zips that `extract package` wrote.

Each function is called by boto3, which waits for the answer; and without waiting, where a failure arrives at a queue. What is right is what the monolith says.
"""

import cloud
from harness import Stop, is_error, short
from shop import CASES, Case


def waiting(score, stack, probe, function, name):
    """The first right answer, and the first function error."""
    cases = CASES[function]
    right = next(case for case in cases if case.field is None and case.error is None)
    wrong = next((case for case in cases if case.error), None)
    asked = [(function, right.event), (function, wrong.event)] if wrong else [(function, right.event)]
    truths = probe.ask(asked)
    answer, failed = stack.invoke(name, right.event)
    score.check(not failed and answer == truths[0].get("ok"), f"{function}, deployed: {right.label}", f"got {short(answer)}")
    if wrong:
        answer, failed = stack.invoke(name, wrong.event)
        same = failed and is_error(answer) and answer["errorMessage"] == truths[1].get("error")
        score.check(same, f"{function}, deployed: {wrong.label}, a function error", f"got {short(answer)}")
    return right, wrong, truths


def later(score, stack, function, name, right, wrong, truths):
    """The same without waiting: of a right and a wrong event, the wrong one alone arrives at the failures."""
    failures = stack.failures(name)
    stack.invoke_later(name, right.event)
    if not wrong:
        # What no function of ours takes.
        wrong, truths = Case("no object", 7), [None, None]
    stack.invoke_later(name, wrong.event)
    (told,) = stack.receive(failures)
    answer = told.get("responsePayload") or {}
    same = told.get("requestPayload") == wrong.event and is_error(answer)
    if truths[1]:
        same = same and answer["errorMessage"] == truths[1].get("error")
    score.check(same, f"{function}, asynchronous: {wrong.label}, in the queue of failures", f"got {short(told)}")
    score.check(stack.depth(failures) == 0, f"{function}, asynchronous: {right.label}, no failure")


def play(score, work, probe, packages):
    """Deploys and calls all of `CASES`."""
    with cloud.MiniStack(work) as stack:
        for function in CASES:
            # A hash is another each time; the emulator's part of the test proves the pair.
            if function == "hash_password":
                continue
            name = function.replace("_", "-")
            try:
                stack.function(name, packages[name].zip)
                right, wrong, truths = waiting(score, stack, probe, function, name)
                later(score, stack, function, name, right, wrong, truths)
            except Stop as problem:
                score.check(False, f"{function}, deployed: answers", f"{problem}\n{stack.tail()}")
