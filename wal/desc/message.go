package desc

// messageRows has the rows of LogicalMessage: MESSAGE.
var messageRows = []row{
	code(0x00, v96, v13, (*Printer).message96),
	code(0x00, v14, newest, (*Printer).message14),
}

func (p *Printer) message96(dst []byte) []byte {
	c := p.main.at(4)
	dst = appendWord(dst, c.u8("transactional") != 0, "transactional", "nontransactional")
	size := c.at(16).u64("message_size")
	return append(appendUint(append(dst, " message size "...), size), " bytes"...)
}

func (p *Printer) message14(dst []byte) []byte {
	c := p.main.at(4)
	dst = appendWord(dst, c.u8("transactional") != 0, "transactional", "non-transactional")
	prefixSize, size := c.at(8).u64("prefix_size"), c.u64("message_size")
	prefix := c.cstring("prefix")
	c.at(24).list("prefix", clamp(prefixSize), 1)
	payload := c.list("message", clamp(size), 1)
	dst = append(append(append(dst, `, prefix "`...), prefix...), `"; payload (`...)
	dst = append(appendUint(dst, size), " bytes): "...)
	for i, b := range payload {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendHex2(dst, b)
	}
	return dst
}

// clamp turns a size of 64 bits into one that a list takes; a size over 2^63 never
// fits.
func clamp(size uint64) int64 { return int64(min(size, 1<<63-1)) }
