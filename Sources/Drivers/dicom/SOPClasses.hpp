// The SOP classes that are served beside storage (PS3.4).
#ifndef HILUM_DICOM_SOP_CLASSES_HPP
#define HILUM_DICOM_SOP_CLASSES_HPP

#include "Options.hpp"

#include <string>

namespace hilum::dicom {

struct SOPClass {
    const char *uid;
    unsigned may;       // what a peer must be allowed, any of it; 0: nothing
    const char *model;  // of queries, as the messages name it
};

inline constexpr char verification[] = "1.2.840.10008.1.1";
inline constexpr char storage_commitment[] = "1.2.840.10008.1.20.1";
inline constexpr char storage_commitment_instance[] = "1.2.840.10008.1.20.1.1";
inline constexpr char performed_step[] = "1.2.840.10008.3.1.2.3.3";
inline constexpr char implicit_little_endian[] = "1.2.840.10008.1.2";
inline constexpr char explicit_little_endian[] = "1.2.840.10008.1.2.1";
inline constexpr char explicit_big_endian[] = "1.2.840.10008.1.2.2";

// nullptr: none of ours.
const SOPClass *find_sop_class(const std::string &uid);

// A transfer syntax for data sets without pixels.
inline bool is_plain(const std::string &syntax) {
    return syntax == implicit_little_endian || syntax == explicit_little_endian || syntax == explicit_big_endian;
}

}  // namespace hilum::dicom

#endif
