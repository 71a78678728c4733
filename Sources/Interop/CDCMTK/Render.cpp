// Pictures by DCMTK's image libraries.
#include "Fault.hpp"

#include "dcmtk/config/osconfig.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcfilefo.h"
#include "dcmtk/dcmimgle/dcmimage.h"

// After dcmimage.h: they lean on what it includes.
#include "dcmtk/dcmimage/dipipng.h"
#include "dcmtk/dcmimage/diregist.h"
#include "dcmtk/dcmjpeg/dipijpeg.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

using namespace cdcmtk;

namespace cdcmtk {

// A frame of more pixels needs gigabytes while it is rendered; whole slides are read by viewers of their own.
static const uint64_t most_pixels = 200'000'000;

static int32_t check_size(DcmDataset &set, const cdcmtk_picture &picture, cdcmtk_fault *fault) {
    Uint16 rows = 0, columns = 0;
    Sint32 frames = 1;
    set.findAndGetUint16(DCM_Rows, rows);
    set.findAndGetUint16(DCM_Columns, columns);
    if (set.findAndGetSint32(DCM_NumberOfFrames, frames).bad()) frames = 1;
    if (rows == 0 || columns == 0 || !set.tagExists(DCM_PixelData)) {
        return tell(fault, CDCMTK_UNSUPPORTED, "this instance has no picture");
    }
    const uint64_t pixels = static_cast<uint64_t>(rows) * columns;
    if (pixels > most_pixels) {
        return tell(
            fault, CDCMTK_TOO_LARGE, "a frame of " + std::to_string(pixels) + " pixels is too large to be rendered");
    }
    if (picture.frame < 1 || static_cast<int64_t>(picture.frame) > std::max(frames, 1)) {
        return tell(fault, CDCMTK_FAILED, "there is no frame " + std::to_string(picture.frame));
    }
    return CDCMTK_OK;
}

static void set_window(DicomImage &image, const cdcmtk_picture &picture) {
    if (!image.isMonochrome()) return;
    if (picture.has_window != 0 && picture.window >= 1) {
        image.setWindow(picture.centre, picture.window);
    } else if (image.getWindowCount() == 0 || image.setWindow(0) == 0) {
        image.setMinMaxWindow();
    }
}

static std::unique_ptr<DicomImage> scale(std::unique_ptr<DicomImage> image, const cdcmtk_picture &picture) {
    const double width = static_cast<double>(image->getWidth()), height = static_cast<double>(image->getHeight());
    double factor = 1;
    if (picture.width > 0) factor = std::min(factor, picture.width / width);
    if (picture.height > 0) factor = std::min(factor, picture.height / height);
    if (factor >= 1) return image;
    const auto columns = std::max(1ul, static_cast<unsigned long>(width * factor));
    const auto rows = std::max(1ul, static_cast<unsigned long>(height * factor));
    return std::unique_ptr<DicomImage>(image->createScaledImage(columns, rows, 1, 0));
}

static int32_t write(DicomImage &image, bool png, uint8_t **bytes, size_t *count, cdcmtk_fault *fault) {
    char *memory = nullptr;
    size_t size = 0;
    FILE *stream = open_memstream(&memory, &size);
    if (stream == nullptr) return tell(fault, CDCMTK_FAILED, "out of memory");
    int written = 0;
    if (png) {
        DiPNGPlugin plugin;
        written = image.writePluginFormat(&plugin, stream, 0);
    } else {
        DiJPEGPlugin plugin;
        plugin.setQuality(90);
        written = image.writePluginFormat(&plugin, stream, 0);
    }
    fclose(stream);
    if (written == 0 || size == 0) {
        free(memory);
        return tell(fault, CDCMTK_FAILED, "the picture cannot be written");
    }
    *bytes = reinterpret_cast<uint8_t *>(memory);
    *count = size;
    return CDCMTK_OK;
}

static int32_t render(
    const char *path, const cdcmtk_picture &picture, uint8_t **bytes, size_t *count, cdcmtk_fault *fault) {
    DcmFileFormat file;
    // Elements longer than this stay on disk until they are looked at: of a long loop one frame is read.
    const OFCondition outcome = file.loadFile(path, EXS_Unknown, EGL_noChange, 4096);
    if (outcome.bad()) return tell(fault, CDCMTK_FILE, std::string("the file cannot be read: ") + outcome.text());
    DcmDataset &set = *file.getDataset();
    const int32_t checked = check_size(set, picture, fault);
    if (checked != CDCMTK_OK) return checked;
    auto image = std::make_unique<DicomImage>(
        &file, set.getOriginalXfer(), CIF_UsePartialAccessToPixelData, picture.frame - 1, 1);
    if (image->getStatus() != EIS_Normal) {
        return tell(
            fault, CDCMTK_UNSUPPORTED,
            std::string("the picture cannot be read: ") + DicomImage::getString(image->getStatus()) + " (" +
                DcmXfer(set.getOriginalXfer()).getXferName() + ")");
    }
    set_window(*image, picture);
    image = scale(std::move(image), picture);
    if (image == nullptr || image->getStatus() != EIS_Normal) {
        return tell(fault, CDCMTK_FAILED, "the picture cannot be scaled");
    }
    set_window(*image, picture);
    return write(*image, picture.png != 0, bytes, count, fault);
}

}  // namespace cdcmtk

extern "C" int32_t cdcmtk_render(
    const char *path, const cdcmtk_picture *picture, uint8_t **bytes, size_t *count, cdcmtk_fault *fault) {
    *bytes = nullptr;
    *count = 0;
    try {
        return render(path, *picture, bytes, count, fault);
    } catch (const std::exception &problem) {
        return tell(fault, CDCMTK_FAILED, problem.what());
    }
}
