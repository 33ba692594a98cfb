package desc

import "walstats/rmgr"

// An invalidationForm tells how a version prints shared invalidation messages.
type invalidationForm struct {
	relmap  string // id -4
	relmapD bool   // the database follows
	relsync bool   // id -6 is known
	unknown string // any other negative id
	always  bool   // Standby INVALIDATIONS prints its heading without messages, too
}

var invalidationForms = byVersion(
	span[invalidationForm]{v95, v95, invalidationForm{relmap: " relmap", unknown: " unknown id "}},
	span[invalidationForm]{v96, v12, invalidationForm{relmap: " relmap db ", relmapD: true, unknown: " unrecognized id ", always: true}},
	span[invalidationForm]{v13, v17, invalidationForm{relmap: " relmap db ", relmapD: true, unknown: " unrecognized id "}},
	span[invalidationForm]{v18, newest, invalidationForm{relmap: " relmap db ", relmapD: true, relsync: true, unknown: " unrecognized id "}},
)

// messageSize is the size of a SharedInvalidationMessage.
const messageSize = 16

// appendInvalidations appends the messages, as standby_desc_invalidations does. It
// appends nothing if there is no message.
func (p *Printer) appendInvalidations(dst, messages []byte, database, tablespace uint32, initFile bool) []byte {
	if len(messages) < messageSize {
		return dst
	}
	return appendMessages(dst, p.version, messages, database, tablespace, initFile)
}

func appendMessages(dst []byte, version rmgr.Version, messages []byte, database, tablespace uint32, initFile bool) []byte {
	form := &invalidationForms[version]
	if initFile {
		dst = appendUint(append(dst, "; relcache init file inval dbid "...), uint64(database))
		dst = appendUint(append(dst, " tsid "...), uint64(tablespace))
	}
	dst = append(dst, "; inval msgs:"...)
	for ; len(messages) >= messageSize; messages = messages[messageSize:] {
		switch id := int8(messages[0]); {
		case id >= 0:
			dst = appendUint(append(dst, " catcache "...), uint64(id))
		case id == -1:
			dst = appendUint(append(dst, " catalog "...), uint64(load32(messages, 2)))
		case id == -2:
			dst = appendUint(append(dst, " relcache "...), uint64(load32(messages, 2)))
		case id == -3:
			dst = append(dst, " smgr"...)
		case id == -4:
			dst = append(dst, form.relmap...)
			if form.relmapD {
				dst = appendUint(dst, uint64(load32(messages, 1)))
			}
		case id == -5:
			dst = appendUint(append(dst, " snapshot "...), uint64(load32(messages, 2)))
		case id == -6 && form.relsync:
			dst = appendUint(append(dst, " relsync "...), uint64(load32(messages, 2)))
		default:
			dst = appendInt(append(dst, form.unknown...), int64(id))
		}
	}
	return dst
}
