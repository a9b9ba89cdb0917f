"""What the samples of people show, and what is learnt of pictures that are drawn in part."""
import shutil

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


def test_a_mask_without_its_photograph_is_nobody(people, scenes, tmp_path):
    for source, name in (("one_0.png", "alone.png"), ("one_1.jpg", "two.jpeg"), ("one_1.png", "two.png")):
        shutil.copy(people / source, tmp_path / name)
    found = pictures.listed(tmp_path)
    assert [p.name for p in found] == ["alone.png", "two.jpeg"]
    assert len(People(found, pictures.listed(scenes)).people) == 1


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


def test_who_is_missed_by_both_networks_stays_drawn():
    """Alone in the picture; and, small beside somebody who is seen, is at least not called nobody."""
    nothing, mask = np.zeros((100, 200), np.float32), np.zeros((100, 200), bool)
    mask[20:80, 60:100] = True
    mended, known = relabel.drawn(relabel.Seen(nothing, nothing), mask, np.ones_like(mask), 3.0)
    assert np.array_equal(mended, mask) and known.all()

    torso = mask.astype(np.float32)
    mask[30:90, 150:160] = True
    mended, known = relabel.drawn(relabel.Seen(torso, torso), mask, np.ones_like(mask), 3.0)
    assert (mended | ~known)[30:90, 150:160].all()


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


def test_boxed_photographs_are_written_but_for_those_left_out(people, tmp_path, monkeypatch, capsys):
    """Of four: one that another folder has by another name, one without boxes, one in whose boxes nobody is seen."""
    for folder in ("photos", "boxes", "but"):
        (tmp_path / folder).mkdir()
    for name in ("photos/0001", "photos/0002", "photos/0003", "photos/0004", "but/coco_0002"):
        (tmp_path / f"{name}.jpg").write_bytes((people / "one_0.jpg").read_bytes())
    for name, line in {"0001": "0 0.2 0.5 0.6 0.8\n\n", "0002": "0 0.2 0.5 0.6 0.8\n", "0004": "0 0.9 0.5 0.1 0.8\n"}.items():
        (tmp_path / "boxes" / f"{name}.txt").write_text(line)
    left = np.zeros((160, 160), np.float32)
    left[:, :60] = 1
    monkeypatch.setattr(relabel, "Pair", lambda *_: lambda photo: relabel.Seen(left, left))
    command = ["relabel", "--peers", "-", "boxed", "--photos", "photos", "--boxes", "boxes", "--but", "but", "--out", "out"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", command)
    relabel.main()
    assert "1 photographs labelled, 1 of which" in capsys.readouterr().out
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["fine_box_0001.jpg", "fine_box_0001.png"]
    mask = np.array(Image.open(tmp_path / "out" / "fine_box_0001.png"))
    assert (mask[80, :55] == 255).all() and (mask[80, 65:] == 0).all()


def test_described_photographs_hold_who_is_seen_and_animals_alone_are_nobody():
    theirs = np.zeros((100, 200), np.float32)
    theirs[20:80, 60:100] = 1
    ours = theirs.copy()
    ours[20:80, 60:70] = 0
    mask, known = relabel.described(relabel.Seen(ours, theirs), people=True)
    assert mask[50, 72:98].all() and known[50, 72:98].all() and not known[50, 62:68].any()
    assert not mask[50, 102:].any() and known[50, 102:].all()
    nothing = np.zeros_like(ours)
    assert relabel.described(relabel.Seen(nothing, nothing), people=True) is None, "spoken of, not seen"
    assert relabel.described(relabel.Seen(theirs, nothing), people=True) is None, "seen by one alone"
    apart = theirs.copy()
    apart[20:80, 60:90] = 0
    assert relabel.described(relabel.Seen(apart, theirs), people=True) is None, "too little is certain"

    mask, known = relabel.described(relabel.Seen(ours, nothing), people=False)
    assert not mask.any() and known.all(), "ours takes a dog for somebody"
    assert relabel.described(relabel.Seen(nothing, theirs), people=False) is None


def test_sentences_tell_whether_somebody_is_there():
    assert relabel.peopled(["A dog runs .", "A brown dog and its owner ."]) is True
    assert relabel.peopled(["Two snowboarders .", "A hill ."]) is True and relabel.peopled(["A fisherman ."]) is True
    assert relabel.peopled(["A Dog swims .", "Two puppies play in the water ."]) is False
    assert relabel.peopled(["A dog runs .", "Something brown on a field ."]) is None


def test_described_photographs_are_written(people, tmp_path, monkeypatch, capsys):
    """Somebody who is seen; a dog; of a third nothing is said, of a fourth too little; a fifth is left out; a woman whom nobody sees."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "but").mkdir()
    (tmp_path / "but" / "other_5.jpg").write_bytes((people / "one_0.jpg").read_bytes())
    for name in "123456":
        (tmp_path / "photos" / f"{name}.jpg").write_bytes((people / "one_0.jpg").read_bytes())
    (tmp_path / "said").write_text("1.jpg#0\tA man .\n1.jpg#1\tA cat .\n2.jpg#0\tA dog .\n4.jpg#0\tA hill .\n\n5.jpg#0\tA boy .\n6.jpg#0\tA woman .\n")
    left, nobody = np.zeros((160, 160), np.float32), np.zeros((160, 160), np.float32)
    left[:, :60] = 1
    answers = [relabel.Seen(left, left), relabel.Seen(nobody, nobody), relabel.Seen(nobody, nobody)]
    monkeypatch.setattr(relabel, "Pair", lambda *_: lambda photo: answers.pop(0))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["relabel", "--peers", "-", "described", "--photos", "photos", "--sentences", "said", "--but", "but", "--out", "out"])
    relabel.main()
    assert "2 photographs labelled, 1 of which" in capsys.readouterr().out
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["fine_said_1.jpg", "fine_said_1.png", "neg_2.jpg", "neg_2.png"]
    assert (np.array(Image.open(tmp_path / "out" / "fine_said_1.png"))[80, :55] == 255).all()

    (tmp_path / "said").write_text("10.jpg#0\tA man .\n")
    with pytest.raises(SystemExit, match="none of its photographs"):
        relabel.main()

    (tmp_path / "said").write_text("1.jpg A man\n")
    with pytest.raises(SystemExit, match="said: needs lines"):
        relabel.sentences_of(tmp_path / "said")


@pytest.mark.parametrize("lines", ["0 0.5 0.5 0.2\n", "0 120 80 40 60\n", "0 0.5 0.5 0 0.2\n", "2 0.5 0.5 0.2 0.2\n", "a b c d e\n", "0 1 1 1 1\n0 1\n"])
def test_boxes_that_are_none_are_named(tmp_path, lines):
    (tmp_path / "1.txt").write_text(lines)
    with pytest.raises(SystemExit, match="1.txt: needs lines"):
        relabel.boxes_of(tmp_path / "1.txt")


def test_a_mask_of_another_size_is_named(people, tmp_path):
    (tmp_path / "a.jpg").write_bytes((people / "one_0.jpg").read_bytes())
    Image.new("L", (30, 40)).save(tmp_path / "a.png")
    with pytest.raises(SystemExit, match="a.png is no mask of a.jpg"):
        Person.read(tmp_path / "a.jpg")
