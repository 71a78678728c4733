// Threads with small stacks, counted so that the end of the service can wait for them.
#ifndef HILUM_DICOM_THREADS_HPP
#define HILUM_DICOM_THREADS_HPP

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace hilum::dicom {

class Threads {
public:
    // False: the system gives no more threads. What the work throws ends the work, not the process.
    bool start(std::function<void()> work);
    size_t count() const;
    // True: all have ended in that time.
    bool wait(std::chrono::milliseconds time);

private:
    struct Start;
    static void *run(void *start);

    mutable std::mutex mutex_;
    std::condition_variable ended_;
    size_t count_ = 0;
};

}  // namespace hilum::dicom

#endif
