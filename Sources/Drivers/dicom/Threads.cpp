#include "Threads.hpp"

#include <cstdio>
#include <exception>
#include <memory>
#include <pthread.h>

namespace hilum::dicom {

// DCMTK's deepest paths (a data set of 48 levels, a JPEG codec) need less than a third of it; memory is used only where
// it is touched.
static const size_t stack = 1 << 20;

struct Threads::Start {
    Threads *threads;
    std::function<void()> work;
};

bool Threads::start(std::function<void()> work) {
    auto start = std::make_unique<Start>(Start{this, std::move(work)});
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        count_++;
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread{};
    const int outcome = pthread_create(&thread, &attributes, run, start.get());
    pthread_attr_destroy(&attributes);
    if (outcome == 0) {
        start.release();
        return true;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    count_--;
    return false;
}

void *Threads::run(void *argument) {
    std::unique_ptr<Start> start(static_cast<Start *>(argument));
    try {
        start->work();
    } catch (const std::exception &problem) {
        fprintf(stderr, "dicom: a thread ended: %s\n", problem.what());
    }
    Threads *threads = start->threads;
    start.reset();
    const std::lock_guard<std::mutex> lock(threads->mutex_);
    threads->count_--;
    threads->ended_.notify_all();
    return nullptr;
}

size_t Threads::count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return count_;
}

bool Threads::wait(std::chrono::milliseconds time) {
    std::unique_lock<std::mutex> lock(mutex_);
    return ended_.wait_for(lock, time, [&] { return count_ == 0; });
}

}  // namespace hilum::dicom
