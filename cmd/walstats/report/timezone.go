package report

import "time"

// location returns the time zone of the report's times: that of the source, or UTC.
func (s Source) location() *time.Location {
	if place, err := time.LoadLocation(s.Timezone); err == nil {
		return place
	}
	return time.UTC
}

// setTimezone gives all times of the facts the time zone of a place.
func (f *Facts) setTimezone(place *time.Location) {
	f.Timezone = place.String()
	times := []*time.Time{f.FirstTime, f.LastTime}
	for i := range f.Over.Steps {
		times = append(times, f.Over.Steps[i].Time)
	}
	for i := range f.Checkpoints {
		times = append(times, f.Checkpoints[i].RedoTime, f.Checkpoints[i].Time)
	}
	for i := range f.Transactions {
		times = append(times, f.Transactions[i].Time)
	}
	for i := range f.Recovery {
		times = append(times, f.Recovery[i].Time)
	}
	for _, t := range times {
		if t != nil {
			*t = t.In(place)
		}
	}
}
