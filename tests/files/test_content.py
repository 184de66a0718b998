"""What the bytes of a file really are: honest pictures and papers, and those that pretend."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from backend.core.problems import Problem
from backend.files.content import FILE_BYTES_MAX, PDF_BYTES_MAX, read_content
from tests.files import pictures


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def refusal(data: bytes, name: str = "a.jpg") -> str:
    with pytest.raises(Problem) as refused:
        read_content(name, data)
    return refused.value.kind.name


def test_a_photograph_becomes_small_upright_and_silent() -> None:
    kept = read_content("Ảnh lớp.JPG", pictures.jpeg_from_a_phone())
    image = opened(kept.data)
    assert (kept.name, kept.media_type) == ("Ảnh lớp.jpg", "image/jpeg")
    assert (kept.width, kept.height) == image.size == (1200, 1600)  # it was 2400 × 1800, held upright
    assert not image.getexif() and not {"exif", "comment", "icc_profile", "xmp"} & set(image.info)
    for secret in (b"Exif", b"GPS", b"Hoa", b"ngo 3"):
        assert secret not in kept.data


def test_text_chunks_of_a_png_are_gone() -> None:
    kept = read_content("so-do.png", pictures.png_with_text())
    assert kept.media_type == "image/png"
    assert b"Hoa" not in kept.data and b"xmp" not in kept.data and not opened(kept.data).info


def test_a_webp_and_a_photograph_in_png_become_jpeg() -> None:
    for name, data in (("a.webp", pictures.webp()), ("b.png", pictures.png(pictures.photograph(900, 700)))):
        kept = read_content(name, data)
        assert (kept.media_type, kept.name[1:]) == ("image/jpeg", ".jpg")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_every_kind_of_colours_is_read(mode: str) -> None:
    image = Image.new("L", (64, 48), 200).convert("RGB").convert(mode) if mode != "I;16" else Image.new(mode, (64, 48), 51200)  # fmt: skip
    data = pictures.jpeg(image) if mode in ("CMYK", "YCbCr") else pictures.png(image)
    kept = opened(read_content("a", data).data).convert("L")
    assert abs(kept.getpixel((30, 30)) - 200) <= (55 if mode == "1" else 6)  # type: ignore[operator]


def test_what_shines_through_still_does() -> None:
    glass = Image.new("RGBA", (40, 40), (10, 20, 30, 0))
    glass.paste((200, 0, 0, 255), (10, 10, 30, 30))
    kept = opened(read_content("logo.png", pictures.png(glass)).data)
    assert (kept.mode, kept.getpixel((0, 0))[3], kept.getpixel((20, 20))) == ("RGBA", 0, (200, 0, 0, 255))  # type: ignore[index]


def test_a_profile_is_turned_into_plain_colours_and_a_false_one_is_ignored() -> None:
    image = Image.new("RGB", (64, 64), (30, 160, 90))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lab, b"no profile at all" * 20):
        kept = opened(read_content("a.jpg", pictures.jpeg(image, icc_profile=profile, quality=95)).data)
        assert all(abs(a - b) < 8 for a, b in zip(kept.getpixel((9, 9)), (30, 160, 90), strict=True))  # type: ignore[arg-type]
        assert "icc_profile" not in kept.info


def test_a_second_file_behind_a_picture_does_not_survive() -> None:
    for data in (pictures.jpeg(), pictures.png(Image.new("RGB", (20, 20)))):
        kept = read_content("a.jpg", data + pictures.HTML + b"PK\x03\x04 a whole archive")
        assert b"<script>" not in kept.data and b"PK\x03\x04" not in kept.data


def test_a_small_file_that_claims_to_be_a_wall_is_never_unpacked() -> None:
    for width, height in ((6000, 6000), (30_000, 30_000), (100_000, 100_000)):
        bomb = pictures.png_bomb(width, height)
        assert len(bomb) < 100_000
        assert refusal(bomb) == "picture-too-large"


def test_half_a_picture_is_refused() -> None:
    whole = pictures.jpeg()
    assert refusal(whole[: len(whole) // 2]) == "file-broken"
    assert refusal(b"\x89PNG\r\n\x1a\n" + b"\x00" * 50) == "file-broken"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pictures.HEIC, "file-heic"),
        (pictures.SVG, "file-kind"),
        (pictures.GIF, "file-kind"),
        (pictures.HTML, "file-kind"),
        (pictures.WORD, "file-office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99, "file-office"),
        (b"MZ" + b"\x00" * 99, "file-kind"),
        (b"\x00" * 64 + b"%PDF-1.4", "file-kind"),
    ],
)
def test_other_kinds_are_refused_each_with_its_reason_whatever_their_name(data: bytes, why: str) -> None:
    for name in ("a.jpg", "a.pdf", ""):
        assert refusal(data, name) == why


def test_the_name_follows_the_content_and_holds_no_path() -> None:
    picture, paper = pictures.png(Image.new("RGB", (9, 9), "red")), pictures.pdf()
    for name, data, shown in [
        ("../../etc/passwd", paper, "passwd.pdf"),
        ("C:\\Users\\Hoa\\Thông báo.docx", paper, "Thông báo.pdf"),
        ("anh.pdf", picture, "anh.png"),
        ("", picture, "tep.png"),
        ('a"\r\nset-cookie: x.png', picture, "a set-cookie x.png"),
        ("x" * 300 + ".pdf", paper, "x" * 116 + ".pdf"),
    ]:
        assert read_content(name, data).name == shown


def test_a_pdf_is_kept_byte_for_byte() -> None:
    paper = pictures.pdf()
    kept = read_content("thong-bao.pdf", paper)
    assert (kept.media_type, kept.data, kept.width) == ("application/pdf", paper, None)


@pytest.mark.parametrize(
    "objects",
    [
        b"<< /S /JavaScript /JS (app.alert) >>",
        b"<< /S /J#61vaScript /J#53 (app.alert) >>",
        b"<< /S /Launch /F (cmd.exe) >>",
        b"<< /Names << /EmbeddedFiles 5 0 R >> >>",
        pictures.packed_objects(b"1 0 << /S /JavaScript /JS (app.alert) >>"),
        pictures.packed_objects(b"1 0 << /S /#4aavaScript >>"),
        pictures.packed_objects(b" " * 64_000_000),
    ],
)
def test_a_pdf_that_acts_is_refused_also_where_that_is_packed_away(objects: bytes) -> None:
    assert refusal(pictures.pdf_with(objects)) == "pdf-active"


def test_words_that_look_like_names_are_no_script() -> None:
    innocent = b"<< /Title (JavaScript for beginners) /JSchool 1 /Launcher 2 >>"
    assert read_content("a.pdf", pictures.pdf_with(innocent)).media_type == "application/pdf"
    packed = pictures.packed_objects(b"1 0 << /Type /Catalog >>")
    assert read_content("a.pdf", pictures.pdf_with(packed)).media_type == "application/pdf"


def test_locked_and_half_papers_are_refused() -> None:
    assert refusal(pictures.pdf().replace(b"/Root", b"/Encrypt 9 0 R /Root", 1)) == "pdf-locked"
    assert refusal(pictures.pdf()[:-200]) == "pdf-broken"
    assert refusal(b"%PDF-9 nothing") == "pdf-broken"


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    assert refusal(b"\xff\xd8\xff" + b"\x00" * FILE_BYTES_MAX) == "file-too-large"
    assert refusal(b"%PDF-1.4" + b"\x00" * PDF_BYTES_MAX) == "file-too-large"


@settings(max_examples=150)
@given(st.sampled_from(["jpeg", "png", "webp", "pdf"]), st.data())
def test_damage_anywhere_is_a_refusal_or_a_clean_picture_never_a_fault(kind: str, data: st.DataObject) -> None:
    whole = bytearray(_WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(max(0, len(whole) - 400), len(whole)))
    try:
        kept = read_content("a", bytes(whole[:cut]))
    except Problem:
        return
    if kept.media_type != "application/pdf":
        assert opened(kept.data).size == (kept.width, kept.height)


_TINY = pictures.photograph(60, 40)
_WHOLE = {
    "jpeg": pictures.jpeg(_TINY),
    "png": pictures.png(_TINY),
    "webp": pictures._saved(_TINY, "WEBP"),
    "pdf": pictures.pdf(),
}
