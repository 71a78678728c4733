// Where instances are written: README.md, Files.
#ifndef HILUM_DICOM_IMAGE_FOLDER_HPP
#define HILUM_DICOM_IMAGE_FOLDER_HPP

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace hilum::dicom {

// A file under `incoming`, removed again unless it was kept.
class PartFile {
public:
    PartFile() = default;
    PartFile(PartFile &&other) noexcept { *this = std::move(other); }
    PartFile &operator=(PartFile &&other) noexcept;
    ~PartFile();

    // -1: it could not be made, error() is errno.
    int descriptor() const { return descriptor_; }
    int error() const { return error_; }

private:
    friend class ImageFolder;
    int descriptor_ = -1;
    int error_ = 0;
    std::string path_;
};

class ImageFolder {
public:
    // Makes the folders, and empties `incoming` of what a crash left. Throws OptionsFault.
    ImageFolder(std::string incoming, std::string images);

    PartFile begin();
    // Makes the file durable under its final name. 0, or errno; then the file is gone. After a failed sync that a full
    // disk does not explain nothing is kept any more: what the system holds of the disk's state cannot be trusted.
    int keep(PartFile &file, std::string &path);
    // 0, or the error after which nothing is kept.
    int broken() const { return broken_; }

private:
    // A folder of one hour. Those who finish at the same time share one fsync of it.
    struct Hour {
        std::string path;
        int descriptor = -1;
        std::mutex mutex;
        std::condition_variable done;
        uint64_t wanted = 0, synced = 0, failed = 0;  // tickets
        int failure = 0;
        bool syncing = false;
        ~Hour();
    };

    std::shared_ptr<Hour> hour(int &error);
    int sync(Hour &hour);

    std::string incoming_, images_;
    std::atomic<uint64_t> next_;
    std::atomic<int> broken_{0};
    std::mutex mutex_;
    std::shared_ptr<Hour> hour_;
};

}  // namespace hilum::dicom

#endif
