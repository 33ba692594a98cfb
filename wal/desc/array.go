package desc

// appendOffsets appends the u16 of list as an array: " [1, 2]", and " []" for none.
func appendOffsets(dst, list []byte) []byte {
	dst = append(dst, " ["...)
	for i := range len(list) / 2 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendUint(dst, uint64(load16(list, i)))
	}
	return append(dst, ']')
}

// appendRedirects appends pairs of u16 as an array: " [1->2, 3->4]".
func appendRedirects(dst, list []byte) []byte {
	dst = append(dst, " ["...)
	for i := range len(list) / 4 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(appendUint(dst, uint64(load16(list, 2*i))), "->"...)
		dst = appendUint(dst, uint64(load16(list, 2*i+1)))
	}
	return append(dst, ']')
}

// appendOids appends the u32 of list as an array.
func appendOids(dst, list []byte) []byte {
	dst = append(dst, " ["...)
	for i := range len(list) / 4 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendUint(dst, uint64(load32(list, i)))
	}
	return append(dst, ']')
}
