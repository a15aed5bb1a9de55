from theoryprune.geometry.verdict import Verdict, confirmed, refuted, undecided


def test_only_a_claim_that_was_found_to_hold_is_true():
    assert confirmed("it is so", 0.5)
    assert confirmed("it is so", 0.5) == Verdict(True, False, 0.5, "it is so")
    assert not refuted("it is not so", 0.5)
    assert not undecided("who knows")


def test_an_open_question_says_that_it_is_one():
    assert undecided("who knows", 0.5).inconclusive
    assert undecided("who knows", 0.5).value == 0.5
    assert not refuted("it is not so").inconclusive
