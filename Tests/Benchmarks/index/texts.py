"""Character sets of PS3.3 C.12.1.1.2 as a modality would use them: what is declared, how text becomes bytes, whose name.

The encoders are the generator's own where code extensions come in: no library is trusted with what is to be judged.
"""
from typing import NamedTuple


def plain(codec):
    return lambda text, vr: text.encode(codec)


def segments(text, vr):
    """Pieces of a value between which code extensions are reset (PS3.5 6.1.2.5.3), with what stands between."""
    ends = "\\" + ("^=" if vr == "PN" else "") if vr not in ("ST", "LT", "UT") else "\r\n\f\t"
    piece = ""
    for character in text:
        if character in ends:
            yield piece, character
            piece = ""
        else:
            piece += character
    yield piece, ""


def japanese(initial):
    """ISO 2022 IR 87 beside ISO_IR 13 or ASCII: JIS X 0208 after ESC $ B, back by ESC ( J or ESC ( B."""

    def encode(text, vr):
        made = bytearray()
        for piece, end in segments(text, vr):
            double = False
            for character in piece:
                wide = character > "\x7f" and not "\uff61" <= character <= "\uff9f"
                if wide != double:
                    made += b"\x1b$B" if wide else initial[1]
                    double = wide
                if wide:
                    made += bytes(b & 0x7F for b in character.encode("euc_jp"))
                else:
                    made += character.encode(initial[0])
            if double:
                made += initial[1]
            made += end.encode()
        return bytes(made)

    return encode


def korean(text, vr):
    """ISO 2022 IR 149: KS X 1001 in G1, designated by ESC $ ) C in each piece that has any of it."""
    made = bytearray()
    for piece, end in segments(text, vr):
        if any(c > "\x7f" for c in piece):
            made += b"\x1b$)C"
        made += piece.encode("euc_kr") + end.encode()
    return bytes(made)


class Charset(NamedTuple):
    """`share`: out of 100 patients."""

    name: str
    declared: str | None
    encode: object
    share: int
    names: tuple
    institution: str
    study: str
    series: str


CHARSETS = [
    Charset("none", None, plain("ascii"), 30, ("Testperson^Ada^^Dr", "Sample^Bertram", "Example^Carla^Maria"),
            "Sample Hospital", "Chest routine", "Axial 1.25 mm"),
    Charset("latin1", "ISO_IR 100", plain("latin-1"), 25, ("Müßter^Jörg", "Beispiel^Zoë^Élise", "Ångström^Ølrik"),
            "Universitätsklinik Süd", "Schädel nativ, 2.5 mm", "Schädel-KM"),
    Charset("gb18030", "GB18030", plain("gb18030"), 20, ("测试^一", "Ceshi^Er=测试^二", "㐀样^本𠮷"),
            "示例医院", "胸部平扫", "肺窗 1.25毫米"),
    Charset("utf8", "ISO_IR 192", plain("utf-8"), 15, ("Wzór^Łucja", "Yangben^San=样本^三", "דוגמה^אחת"),
            "Szpital Przykładowy 示例", "Głowa бeз контраста", "Cienkie warstwy ≤ 1 mm"),
    Charset("japanese", "\\ISO 2022 IR 87", japanese(("ascii", b"\x1b(B")), 4,
            ("Mihon^Tarou=見本^太郎=みほん^たろう", "Tesuto^Hanako=試験^花子=てすと^はなこ"), "見本病院 CT", "胸部 CT", "肺野条件 5 mm"),
    Charset("katakana", "ISO 2022 IR 13\\ISO 2022 IR 87", japanese(("shift_jis", b"\x1b(J")), 3,
            ("ﾐﾎﾝ^ﾀﾛｳ=見本^太郎=みほん^たろう", "ﾃｽﾄ^ﾊﾅｺ=試験^花子=てすと^はなこ"), "見本病院 ｹﾝｻ", "腹部 CT", "単純 ｱｷｼｬﾙ"),
    Charset("korean", "\\ISO 2022 IR 149", korean, 3,
            ("Gyeonbon^Il=見本^一=견본^일", "Siheom^Yi=試驗^二=시험^이"), "견본병원", "흉부 CT", "축상 1.25 mm"),
]
BY_NAME = {charset.name: charset for charset in CHARSETS}
