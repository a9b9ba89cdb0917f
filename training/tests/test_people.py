"""What the samples of people show, and what is learnt of pictures that are drawn in part."""
import numpy as np
import pytest
from PIL import Image

from training import pictures, relabel
from training.people import UNKNOWN, People, Person


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_samples(people, scenes, rng):
    sampler = People(pictures.listed(people), pictures.listed(scenes))
    for _ in range(40):
        frame, following, mask = sampler.draw((48, 64), rng)
        assert frame.shape == following.shape == mask.shape == (48, 64, 3)
        assert set(np.unique(mask[..., 2])) <= {0, 255}


def test_the_next_frame_differs_by_noise_and_exposure(people, scenes, rng):
    sampler = People(pictures.listed(people), pictures.listed(scenes))
    for _ in range(10):
        frame, following, _ = sampler.draw((48, 64), rng)
        uncut = frame < 240  # by white
        gain = following[uncut].mean() / frame[uncut].mean()
        assert 0.94 < gain < 1.06
        assert 0.5 < np.abs(following[uncut] - gain * frame[uncut]).mean() < 4


def test_no_head_floats(people, rng):
    """Who reaches the lower border of a picture reaches the frame's, but for a turn."""
    person, sampler = Person.read(people / "one_0.jpg"), People([people / "one_0.jpg"], [people / "neg_0.jpg"])
    for _ in range(200):
        matrix = sampler.place(person, (48, 64), rng)
        assert max((matrix @ (x, 160, 1))[1] for x in (0, 160)) > 47


def test_nothing_is_learnt_of_what_is_unknown(people, scenes, tmp_path, rng):
    photo, drawn = Image.open(people / "one_0.jpg"), np.array(Image.open(people / "one_0.png"))
    drawn[:, :80] = UNKNOWN
    photo.save(tmp_path / "half.jpg")
    Image.fromarray(drawn).save(tmp_path / "half.png")
    person = Person.read(tmp_path / "half.jpg")
    assert not person.mask[:, :80].any() and not person.known[:, :80].any() and person.known[:, 80:].all()
    assert not person.sharp, "is not cut out"
    sampler = People(pictures.listed(tmp_path), pictures.listed(scenes), nobody=0)
    shares = [(sampler.draw((48, 64), rng)[2][..., 2] == 0).mean() for _ in range(20)]
    assert 0.2 < np.mean(shares) < 0.8


def test_things_behind_people_are_nobody(people, scenes, rng):
    sampler = People(pictures.listed(people), pictures.listed(scenes))
    x, mask = np.zeros((48, 64, 3), np.float32), np.zeros((48, 64), np.uint8)
    mask[20:] = 255
    behind = sampler.behind(x, mask, rng)
    assert behind[:20].any() and not behind[20:].any()


def test_people_in_boxes_are_as_the_two_networks_see_them():
    """A person in the box, whom both see but for a strip; one beside it; a box in which nobody is seen."""
    theirs = np.zeros((100, 200), np.float32)
    theirs[20:80, 60:100] = theirs[:, 190:] = 1
    ours = theirs.copy()
    ours[20:80, 60:70] = 0
    boxes = np.array([[0.4, 0.5, 0.3, 0.8], [0.7, 0.5, 0.1, 0.2]])
    mask, known = relabel.boxed(relabel.Seen(ours, theirs), boxes)
    assert mask[50, 72:98].all() and known[50, 72:98].all()
    assert not mask[50, :58].any() and known[50, :58].all() and not mask[50, 102:].any()
    assert not known[50, 62:68].any(), "they contradict each other"
    assert not known[50, 195] and not known[50, 140], "outside of the boxes, and in one that stays empty"

    nothing = np.zeros_like(ours)
    assert relabel.boxed(relabel.Seen(nothing, nothing), boxes) is None


def test_drawn_outlines_are_mended_and_what_contradicts_them_is_unknown():
    """Drawn two pixels too wide, with somebody else at the right border, and a bag that neither sees; known but for a corner."""
    sees = np.zeros((100, 200), np.float32)
    sees[20:80, 60:100] = sees[60:, 180:] = 1
    sees[40:48, 80:88] = 0
    mask, known = np.zeros((100, 200), bool), np.ones((100, 200), bool)
    mask[20:80, 58:100] = True
    known[:10, :10] = False
    seen = relabel.Seen(sees, sees)
    mended, still_known = relabel.drawn(seen, mask, known, 3.0)
    assert not mended[50, 58:60].any() and mended[50, 60:78].all()
    assert not still_known[44, 84] and still_known[50, 62:78].all(), "of the bag nobody knows"
    assert not still_known[80, 190] and not still_known[5, 5] and still_known[5, 20:].all()

    as_drawn, still_known = relabel.drawn(seen, mask, known, 0)
    assert np.array_equal(as_drawn, mask) and still_known[44, 84] and not still_known[80, 190]


def test_a_person_whom_both_networks_miss_stays_drawn():
    nothing, mask = np.zeros((100, 200), np.float32), np.zeros((100, 200), bool)
    mask[20:80, 60:100] = True
    mended, known = relabel.drawn(relabel.Seen(nothing, nothing), mask, np.ones_like(mask), 3.0)
    assert mended[30:70, 70:90].all() and known.all()


def test_masks_are_written_anew(people, tmp_path, monkeypatch):
    """Beside what was drawn, which stays; what is exact is copied."""
    (tmp_path / "old").mkdir()
    for name in ("voc_1", "cmp_1"):
        for end in ("jpg", "png"):
            (tmp_path / "old" / f"{name}.{end}").write_bytes((people / f"one_0.{end}").read_bytes())
    monkeypatch.setattr(relabel, "Pair", lambda *_: lambda photo: relabel.Seen(*[np.ones(photo.shape[:2], np.float32)] * 2))
    monkeypatch.setattr("sys.argv", ["relabel", "--peers", str(tmp_path), "drawn", "--people", str(tmp_path / "old"), "--out", str(tmp_path / "new")])
    relabel.main()
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["cmp_1.jpg", "cmp_1.png", "fine_voc_1.jpg", "fine_voc_1.png"]
    assert (tmp_path / "new" / "cmp_1.png").read_bytes() == (people / "one_0.png").read_bytes()
    assert (np.array(Image.open(tmp_path / "new" / "fine_voc_1.png")) == UNKNOWN).any(), "both see somebody everywhere"
