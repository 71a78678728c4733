// The forty columns by DCMTK: dcmtk LIST, paths ended by NUL; a line of tab-separated values a file. Each file is read only up to
// the last column, long values are not read; text is converted to UTF-8 where a character set is declared.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

int main(int count, char **arguments)
{
    if (count < 3) return 2;
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    std::ifstream list(arguments[1], std::ios::binary);
    const std::string names((std::istreambuf_iterator<char>(list)), std::istreambuf_iterator<char>());
    std::vector<DcmTagKey> tags;
    for (int place = 2; place < count; place++) {
        unsigned int group, element;
        if (sscanf(arguments[place], "%x,%x", &group, &element) != 2) return 2;
        tags.push_back(DcmTagKey((Uint16)group, (Uint16)element));
    }
    for (size_t place = 0; place < names.size();) {
        const char *name = names.c_str() + place;
        place += strlen(name) + 1;
        DcmFileFormat file;
        if (file.loadFileUntilTag(name, EXS_Unknown, EGL_noChange, 4096, ERM_autoDetect, DcmTagKey(0x0028, 0x0102)).bad()) {
            fprintf(stderr, "%s\n", name);
            continue;
        }
        DcmDataset *data = file.getDataset();
        OFString text;
        if (data->tagExistsWithValue(DCM_SpecificCharacterSet)) data->convertToUTF8();
        fputs(name, stdout);
        for (const DcmTagKey &tag : tags) {
            DcmItem *item = tag.getGroup() == 2 ? (DcmItem *)file.getMetaInfo() : data;
            text.clear();
            item->findAndGetOFStringArray(tag, text);
            putchar('\t');
            fwrite(text.data(), 1, text.size(), stdout);
        }
        putchar('\n');
    }
    return 0;
}
