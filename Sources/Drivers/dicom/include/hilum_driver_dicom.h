/* The DICOM driver exports only hilum_driver_entry, which hilum_driver.h declares. */
#ifndef HILUM_DRIVER_DICOM_H
#define HILUM_DRIVER_DICOM_H

#include "hilum_driver.h"

#endif
