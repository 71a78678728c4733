#include "SOPClasses.hpp"

namespace hilum::dicom {

static const SOPClass classes[] = {
    {verification, 0, ""},
    {storage_commitment, may_commit, ""},
    {performed_step, may_mpps, ""},
    {"1.2.840.10008.5.1.4.31", may_worklist, "worklist"},
    {"1.2.840.10008.5.1.4.1.2.1.1", may_find, "patient"},
    {"1.2.840.10008.5.1.4.1.2.1.2", may_retrieve, "patient"},
    {"1.2.840.10008.5.1.4.1.2.1.3", may_retrieve, "patient"},
    {"1.2.840.10008.5.1.4.1.2.2.1", may_find, "study"},
    {"1.2.840.10008.5.1.4.1.2.2.2", may_retrieve, "study"},
    {"1.2.840.10008.5.1.4.1.2.2.3", may_retrieve, "study"},
};

const SOPClass *find_sop_class(const std::string &uid) {
    for (const SOPClass &known : classes) {
        if (uid == known.uid) return &known;
    }
    return nullptr;
}

}  // namespace hilum::dicom
