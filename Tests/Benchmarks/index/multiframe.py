"""Enhanced MR images of many frames (PS3.3 C.7.6.16), and the rows of their frames."""
import argparse
import json
import os
import pathlib

from columns import cell
from ct import DEFINED, UNDEFINED, row, uid
from elements import EXPLICIT, IMPLICIT, Encoder, Items, meta
from texts import BY_NAME

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
# Keyword, group of the frame's functional group (None: Shared), how the frame's number makes it.
ORIENTATION = "1.00000\\0.00000\\0.00000\\0.00000\\1.00000\\0.00000"


def frame_values(n):
    """What is known of frame n, counted from 1."""
    slice_number, phase = (n - 1) % 60 + 1, (n - 1) // 60 + 1
    return {
        "FrameNumber": str(n), "FrameType": "ORIGINAL\\PRIMARY\\DIFFUSION\\NONE", "StackID": "1", "InStackPositionNumber": str(slice_number),
        "TemporalPositionIndex": str(phase), "DimensionIndexValues": f"1\\{slice_number}\\{phase}",
        "ImagePositionPatient": f"-120.000\\-118.250\\{-90 + slice_number * 2.5:.3f}", "ImageOrientationPatient": ORIENTATION,
        "PixelSpacing": "1.875\\1.875", "SliceThickness": "2.5", "FrameAcquisitionNumber": "1",
        "FrameAcquisitionDateTime": f"20240312101{n // 100 % 10}{n % 60:02d}.{n:06d}", "FrameReferenceDateTime": f"20240312101{n // 100 % 10}{n % 60:02d}.{n:06d}",
        "FrameAcquisitionDuration": "83.5", "NominalCardiacTriggerDelayTime": f"{n * 0.5:g}" if n % 2 == 0 else f"{n * 0.5}",
        "CardiacCyclePosition": "UNDETERMINED", "EffectiveEchoTime": "68.25", "DiffusionBValue": "1000" if phase > 1 else "0",
        "DiffusionGradientOrientation": "" if phase == 1 else "0.5\\0.5\\-0.70703125", "RescaleIntercept": "0", "RescaleSlope": f"1.{n:04d}",
        "WindowCenter": str(500 + n), "WindowWidth": str(1000 + n), "FrameLaterality": "U", "FrameLabel": "",
    }


def numbers(text):
    return [float(v) for v in text.split("\\")]


def per_frame(n, shape):
    v = frame_values(n)
    diffusion = [(0x00189075, "CS", "DIRECTIONAL" if v["DiffusionGradientOrientation"] else "NONE"), (0x00189087, "FD", numbers(v["DiffusionBValue"]))]
    if v["DiffusionGradientOrientation"]:
        diffusion.append((0x00189076, "SQ", Items([[(0x00189089, "FD", numbers(v["DiffusionGradientOrientation"]))]], shape)))

    def group(tag, elements):
        return tag, "SQ", Items([sorted(elements, key=lambda e: e[0])], shape)

    return sorted([
        group(0x00081140, [(0x00081150, "UI", ENHANCED_MR), (0x00081155, "UI", uid(12, n)), (0x00200032, "DS", "9\\9\\9")]),
        group(0x00189114, [(0x00189082, "FD", numbers(v["EffectiveEchoTime"]))]),
        group(0x00189117, diffusion),
        group(0x00189118, [(0x00189236, "CS", v["CardiacCyclePosition"]), (0x00209153, "FD", numbers(v["NominalCardiacTriggerDelayTime"]))]),
        group(0x00189226, [(0x00089007, "CS", v["FrameType"]), (0x00089205, "CS", "MONOCHROME")]),
        group(0x00209111, [
            (0x00189074, "DT", v["FrameAcquisitionDateTime"]), (0x00189151, "DT", v["FrameReferenceDateTime"]),
            (0x00189220, "FD", numbers(v["FrameAcquisitionDuration"])), (0x00209056, "SH", v["StackID"]),
            (0x00209057, "UL", int(v["InStackPositionNumber"])), (0x00209128, "UL", int(v["TemporalPositionIndex"])),
            (0x00209156, "US", int(v["FrameAcquisitionNumber"])), (0x00209157, "UL", [int(x) for x in v["DimensionIndexValues"].split("\\")])]),
        group(0x00209113, [(0x00200032, "DS", v["ImagePositionPatient"])]),
        group(0x00289132, [(0x00281050, "DS", v["WindowCenter"]), (0x00281051, "DS", v["WindowWidth"])]),
        group(0x00289145, [(0x00281052, "DS", v["RescaleIntercept"]), (0x00281053, "DS", v["RescaleSlope"]), (0x00281054, "LO", "US")]),
        (0x00210010, "LO", "HILUM SYNTHETIC 03"),
        (0x0021105E, "SQ", Items([[(0x00200032, "DS", "7\\7\\7"), (0x00210010, "LO", "HILUM SYNTHETIC 03"), (0x00211001, "SH", f"private {n}")]], shape)),
    ], key=lambda e: e[0])


def elements(frames, shape, instance):
    shared = [
        (0x00089140, "SQ", Items([[(0x00081150, "UI", ENHANCED_MR)]], shape)),
        (0x00209071, "SQ", Items([[(0x00209072, "CS", "U"), (0x00082218, "SQ", Items([[(0x00080100, "SH", "T-A0100")]], shape))]], shape)),
        (0x00209116, "SQ", Items([[(0x00200037, "DS", ORIENTATION)]], shape)),
        (0x00289110, "SQ", Items([[(0x00180050, "DS", "2.5"), (0x00280030, "DS", "1.875\\1.875")]], shape)),
    ]
    return [
        (0x00080005, "CS", "ISO_IR 192"), (0x00080008, "CS", "ORIGINAL\\PRIMARY\\DIFFUSION\\NONE"), (0x00080016, "UI", ENHANCED_MR), (0x00080018, "UI", instance),
        (0x00080020, "DA", "20240312"), (0x00080021, "DA", "20240312"), (0x00080030, "TM", "101000"), (0x00080050, "SH", "A00000042"), (0x00080060, "CS", "MR"),
        (0x00080070, "LO", "Hilum Synthetic"), (0x00080080, "LO", "Szpital 示例"), (0x0008103E, "LO", "DWI 20 b"), (0x00081090, "LO", "Model MR"),
        (0x00100010, "PN", "Yangben^San=样本^三"), (0x00100020, "LO", "HLM9000001"), (0x00100030, "DA", "19700101"), (0x00100040, "CS", "O"),
        (0x00181000, "LO", "SN-000099"), (0x00181020, "LO", "mr 1.0"), (0x0020000D, "UI", uid(1, 9)), (0x0020000E, "UI", uid(2, 9)), (0x00200010, "SH", "9"),
        (0x00200011, "IS", "5"), (0x00200013, "IS", "1"), (0x00200052, "UI", uid(6, 9)),
        (0x00209221, "SQ", Items([[(0x00209164, "UI", uid(10))]], shape)),
        (0x00280002, "US", 1), (0x00280004, "CS", "MONOCHROME2"), (0x00280008, "IS", str(frames)), (0x00280010, "US", 8), (0x00280011, "US", 8),
        (0x00280100, "US", 16), (0x00280101, "US", 12), (0x00280102, "US", 11), (0x00280103, "US", 0),
        (0x52009229, "SQ", Items([shared], shape)),
        (0x52009230, "SQ", Items([per_frame(n, shape) for n in range(1, frames + 1)], shape)),
        (0x7FE00010, "OW", bytes(8 * 8 * 2 * frames)),
    ]


def write(folder, files, frames):
    """Writes FOLDER/enhanced: files of so many frames, of two syntaxes and two forms of lengths, and its manifest."""
    folder = pathlib.Path(folder)
    (folder / "enhanced").mkdir(parents=True, exist_ok=True)
    with open(folder / "enhanced.ndjson", "w", encoding="utf-8") as manifest:
        for kind, (syntax, shape) in enumerate(((EXPLICIT, DEFINED), (EXPLICIT, UNDEFINED), (IMPLICIT, DEFINED), (IMPLICIT, UNDEFINED))):
            model = uid(7, 100000)
            made = elements(frames, shape, model)
            data = meta(syntax, ENHANCED_MR, model) + Encoder(syntax, BY_NAME["utf8"]).elements(made)
            head = data[:2000]
            cells = row(made, syntax)
            for number in range(kind, files, 4):
                instance = uid(7, 100000 + number)
                name = f"enhanced/E{number:04d}.dcm"
                with open(folder / name, "wb", buffering=0) as file:
                    file.write(head.replace(model.encode(), instance.encode()))
                    file.write(memoryview(data)[2000:])
                manifest.write(json.dumps({"path": name, "kind": "enhanced", "remark": False, "row": cells | {"SOPInstanceUID": instance}}) + "\n")


def frame_row(instance, n):
    """Cells of frame n of an instance."""
    return {"SOPInstanceUID": instance, "SeriesInstanceUID": uid(2, 9), "StudyInstanceUID": uid(1, 9), "SOPClassUID": ENHANCED_MR} | {
        key: cell(value) for key, value in frame_values(n).items()}


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=os.path.abspath)
    arguments.add_argument("--files", type=int, default=100)
    arguments.add_argument("--frames", type=int, default=1200)
    options = arguments.parse_args()
    write(options.folder, options.files, options.frames)
