#include "ImageFolder.hpp"

#include "Json.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace hilum::dicom {

namespace {

int sync_folder(const std::string &path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    const int error = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    return error;
}

// Makes a folder, durable in the folder above; otherwise it is gone again, so that the next attempt does not take it for
// one that is durable.
int make_one(const std::string &path) {
    if (mkdir(path.c_str(), 0750) != 0) return errno == EEXIST ? 0 : errno;
    const int error = sync_folder(path.substr(0, path.rfind('/') + 1));
    if (error != 0) rmdir(path.c_str());
    return error;
}

// Makes a folder and those above it.
int make_folder(const std::string &path) {
    const int error = make_one(path);
    const size_t slash = path.rfind('/');
    if (error != ENOENT || slash == std::string::npos || slash == 0) return error;
    const int above = make_folder(path.substr(0, slash));
    return above != 0 ? above : make_one(path);
}

void empty_folder(const std::string &path) {
    DIR *folder = opendir(path.c_str());
    if (folder == nullptr) return;
    while (const dirent *entry = readdir(folder)) {
        const std::string name = entry->d_name;
        if (name.size() > 5 && name.substr(name.size() - 5) == ".part") unlink((path + "/" + name).c_str());
    }
    closedir(folder);
}

std::string hour_path() {
    const time_t now = time(nullptr);
    tm parts{};
    gmtime_r(&now, &parts);
    char text[32] = "";
    strftime(text, sizeof(text), "/%Y/%m/%d/%H", &parts);
    return text;
}

bool is_full(int error) { return error == ENOSPC || error == EDQUOT; }

}  // namespace

PartFile &PartFile::operator=(PartFile &&other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(error_, other.error_);
    std::swap(path_, other.path_);
    return *this;
}

PartFile::~PartFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!path_.empty()) unlink(path_.c_str());
}

ImageFolder::Hour::~Hour() {
    if (descriptor >= 0) close(descriptor);
}

ImageFolder::ImageFolder(std::string incoming, std::string images)
    : incoming_(std::move(incoming)), images_(std::move(images)) {
    for (const std::string &path : {incoming_, images_}) {
        const int error = make_folder(path);
        if (error != 0 || access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
            throw OptionsFault(
                path + ": " + strerror(error != 0 ? error : errno) + "; make it a folder that Hilum may write to");
        }
    }
    struct stat first {}, second {};
    if (stat(incoming_.c_str(), &first) == 0 && stat(images_.c_str(), &second) == 0 && first.st_dev != second.st_dev) {
        throw OptionsFault("incoming, images: they lie on different file systems; files are moved by renaming");
    }
    empty_folder(incoming_);
    // Numbers of an earlier run lie before: instances do not arrive faster than one a microsecond.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    next_ = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

PartFile ImageFolder::begin() {
    PartFile file;
    for (int attempt = 0; attempt < 100; attempt++) {
        const std::string path = incoming_ + "/" + std::to_string(next_++) + ".part";
        file.descriptor_ = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        file.error_ = file.descriptor_ < 0 ? errno : 0;
        if (file.descriptor_ >= 0) file.path_ = path;
        if (file.error_ != EEXIST) break;
    }
    return file;
}

std::shared_ptr<ImageFolder::Hour> ImageFolder::hour(int &error) {
    const std::string path = images_ + hour_path();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (hour_ != nullptr && hour_->path == path) return hour_;
    error = make_folder(path);
    if (error != 0) return nullptr;
    auto made = std::make_shared<Hour>();
    made->path = path;
    made->descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (made->descriptor < 0) {
        error = errno;
        return nullptr;
    }
    hour_ = made;
    return made;
}

int ImageFolder::sync(Hour &hour) {
    std::unique_lock<std::mutex> lock(hour.mutex);
    const uint64_t mine = ++hour.wanted;
    while (hour.synced < mine) {
        // The system tells a failure once; whoever asked again would be told that all is well.
        if (hour.failed >= mine) return hour.failure;
        if (broken_ != 0) return broken_;
        if (hour.syncing) {
            hour.done.wait(lock);
            continue;
        }
        hour.syncing = true;
        const uint64_t covered = hour.wanted;
        lock.unlock();
        const int error = fsync(hour.descriptor) == 0 ? 0 : errno;
        lock.lock();
        hour.syncing = false;
        if (error == 0) {
            hour.synced = covered;
        } else {
            hour.failed = covered;
            hour.failure = error;
            if (!is_full(error)) broken_ = error;
        }
        hour.done.notify_all();
    }
    return 0;
}

int ImageFolder::keep(PartFile &file, std::string &path) {
    if (broken_ != 0) return broken_;
    const auto give_up = [this](int error) {
        if (!is_full(error)) broken_ = error;
        return error;
    };
    if (fdatasync(file.descriptor_) != 0) return give_up(errno);
    int error = 0;
    for (int attempt = 0; attempt < 100; attempt++) {
        const std::shared_ptr<Hour> folder = hour(error);
        if (folder == nullptr) return error == EIO ? give_up(error) : error;
        path = folder->path + "/" + std::to_string(next_++) + ".dcm";
        if (renameat2(AT_FDCWD, file.path_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
            file.path_ = path;  // gone again if the folder cannot be synced
            error = sync(*folder);
            if (error != 0) return give_up(error);
            file.path_.clear();
            close(file.descriptor_);
            file.descriptor_ = -1;
            return 0;
        }
        error = errno;
        if (error == ENOENT) {
            // Somebody tidied up: the folder was empty.
            const std::lock_guard<std::mutex> lock(mutex_);
            if (hour_ == folder) hour_ = nullptr;
        } else if (error != EEXIST) {
            break;
        }
    }
    return error;
}

}  // namespace hilum::dicom
