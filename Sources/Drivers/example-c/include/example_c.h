/* The example driver exports only hilum_driver_entry, which hilum_driver.h declares. */
#ifndef HILUM_EXAMPLE_C_H
#define HILUM_EXAMPLE_C_H

#include "hilum_driver.h"

#endif
