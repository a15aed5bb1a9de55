from theoryprune.coresets import GroupCertificate, ReducedGroup


def test_a_row():
    row = ReducedGroup("a", "dense", 4, 2, "merge", "", GroupCertificate((), 0.5, 1.0, 2.0, ""))
    assert row.certificate.tightness == 0.5
    assert row.certificate.vacuous is False
    assert str(row.certificate) == "gain of the error in [0.5, 1], perhaps vacuous"
    assert str(GroupCertificate((), None, 3.0, 2.0, "")) == "gain of the error in [?, 3], vacuous"
