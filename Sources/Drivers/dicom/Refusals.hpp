// Refused associations are told, but a flood of them does not flood the gateway.
#ifndef HILUM_DICOM_REFUSALS_HPP
#define HILUM_DICOM_REFUSALS_HPP

#include <chrono>
#include <cstdint>
#include <mutex>

namespace hilum::dicom {

class Refusals {
public:
    // True: tell this one. `untold`: how many were not told since the last that was.
    bool admit(uint64_t &untold) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        if (now - second_ >= std::chrono::seconds(1)) {
            second_ = now;
            told_ = 0;
        }
        if (told_ >= most_a_second) {
            untold_++;
            return false;
        }
        told_++;
        untold = untold_;
        untold_ = 0;
        return true;
    }

    // Those that were not told, when the flood has passed.
    uint64_t rest() {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (std::chrono::steady_clock::now() - second_ < std::chrono::seconds(2)) return 0;
        const uint64_t count = untold_;
        untold_ = 0;
        return count;
    }

private:
    static constexpr unsigned most_a_second = 20;

    std::mutex mutex_;
    std::chrono::steady_clock::time_point second_{};
    unsigned told_ = 0;
    uint64_t untold_ = 0;
};

}  // namespace hilum::dicom

#endif
