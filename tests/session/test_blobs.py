"""What files held before they were changed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.session.sessions import ASKED, Person, begun
from vibe.session.blobs import Blobs, digest_of
from vibe.session.place import places
from vibe.session.record import Changed, File, NoFile, NotKept
from vibe.session.resume import load


async def test_a_file_is_kept_before_it_is_changed(tmp_path: Path, person: Person):
    with closing(begun(tmp_path, person, *ASKED)) as session:
        old, new = b"old\xff", b"new"
        path = Path("/work/shop/a.py")
        await session.keep(path, turn=1, before=old, after=new, mode=0o755)
        await session.keep(path, turn=1, before=None, after=new, mode=0o644)
        place = places(tmp_path)[0]
        kept = [each for each in load(place).records if isinstance(each, Changed)]
        after = File(digest=digest_of(new), mode=0o755)
        assert kept == [
            Changed(
                turn=1,
                path=str(path),
                before=File(digest=digest_of(old), mode=0o755),
                after=after,
            ),
            Changed(
                turn=1,
                path=str(path),
                before=NoFile(),
                after=File(digest=digest_of(new), mode=0o644),
            ),
        ]
        assert Blobs(place.blobs).get(digest_of(old)) == old
        assert [path.stat().st_mode & 0o777 for path in place.blobs.iterdir()] == [0o600]


async def test_a_copy_that_cannot_be_made_is_told_where_it_will_be_missed(
    tmp_path: Path, person: Person
):
    with closing(begun(tmp_path, person, *ASKED)) as session:
        place = places(tmp_path)[0]
        place.blobs.write_text("")
        await session.keep(Path("/a"), turn=1, before=b"old", after=None, mode=0o644)
        (change,) = load(place).transcript.changes
        assert isinstance(change.before, NotKept)
        assert change.before.why.startswith(f"cannot write {place.blobs}")


def test_a_damaged_copy_is_none(tmp_path: Path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"content")
    (tmp_path / digest).write_bytes(b"damaged")
    assert blobs.get(digest) is None
    assert blobs.get(blobs.put(b"content")) == b"content"


def test_what_is_put_without_a_wait_comes_back_and_a_torn_one_is_put_again(tmp_path: Path):
    blobs = Blobs(tmp_path / "session" / "blobs")
    digest = blobs.put_soon(b"content")
    assert blobs.get(digest) == b"content"
    (path,) = (tmp_path / "session" / "blobs").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"con")
    assert blobs.get(digest) is None
    assert blobs.put_soon(b"content") == digest
    assert blobs.get(digest) == b"content"
