package desc

// The words of a heap record's infobits, lowest bit first.
var infobitWords = [5]string{"IS_MULTI", "LOCK_ONLY", "EXCL_LOCK", "KEYSHR_LOCK", "KEYS_UPDATED"}

// infobits is every combination up to 15: each word with a blank after it.
// infobitList is the same from 16 on: words with commas between.
var infobits, infobitList = combine()

func combine() (blanks, commas [32]string) {
	for bits := range 32 {
		for i, word := range infobitWords {
			if bits>>i&1 == 0 {
				continue
			}
			blanks[bits] += word + " "
			if commas[bits] != "" {
				commas[bits] += ", "
			}
			commas[bits] += word
		}
	}
	return blanks, commas
}
