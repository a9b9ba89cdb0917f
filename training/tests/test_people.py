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


def test_boxes_are_looked_into_and_nobody_is_outside(rng):
    """The stand-in of the two networks sees a person on the left of what it is shown, nobody on the right, and is unsure of a strip."""
    photo = np.zeros((100, 200, 3), np.uint8)

    def pair(crop):
        person, nobody = np.zeros(crop.shape[:2], bool), np.zeros(crop.shape[:2], bool)
        middle = crop.shape[1] // 2
        person[:, :middle], nobody[:, middle + 4:] = True, True
        return person, nobody
    mask, known = relabel.boxed(photo, np.array([[0.5, 0.5, 0.4, 0.8]]), pair)
    assert mask[50, 62:99].all() and not mask[50, 106:].any() and not mask[50, :55].any() and not mask[:5].any()
    assert not known[50, 101:103].any() and known[:, 150:].all() and known[:, :50].all()

    assert relabel.boxed(photo, np.array([[0.5, 0.5, 0.4, 0.8]]), lambda crop: (np.zeros(crop.shape[:2], bool),) * 2) is None


def test_gaps_of_drawn_masks_become_unknown(people, tmp_path, monkeypatch):
    """A second person at the right border, whom the stand-in sees and the mask leaves out."""
    for name in ("celeb_1", "other_1"):
        (tmp_path / f"{name}.jpg").write_bytes((people / "one_0.jpg").read_bytes())
        (tmp_path / f"{name}.png").write_bytes((people / "one_0.png").read_bytes())

    def pair(photo):
        seen = np.zeros(photo.shape[:2], bool)
        seen[60:, 150:] = True
        return seen, ~seen
    monkeypatch.setattr(relabel, "Pair", lambda *_: pair)
    monkeypatch.setattr("sys.argv", ["relabel", "--peers", str(tmp_path), "gaps", "--people", str(tmp_path)])
    before = np.array(Image.open(people / "one_0.png"))
    relabel.main()
    after = np.array(Image.open(tmp_path / "celeb_1.png"))
    assert (after[60:70, 155] == UNKNOWN).all() and (after[100:, 40:100] == before[100:, 40:100]).all()
    assert np.array_equal(np.array(Image.open(tmp_path / "other_1.png")), before)
