// A role of the driver.
#ifndef HILUM_DICOM_SERVICE_HPP
#define HILUM_DICOM_SERVICE_HPP

#include "Message.hpp"

namespace hilum::dicom {

class Service {
public:
    virtual ~Service() = default;
    // A message of the gateway. Returns soon.
    virtual void handle(Message message) = 0;
    // Ends everything: no thread is left, or the process is about to go anyway.
    virtual void stop() = 0;
};

}  // namespace hilum::dicom

#endif
