package document

import "slices"

// dedupe settles what several lists of one paper say: the same people again are one each, and a list of names without any
// number or address beside a full one (who checked, who initialled) is no list of members.
func dedupe(people []person) []person {
	known := map[int]bool{}
	for _, p := range people {
		if p.NIP != "" || p.Email != "" {
			known[p.groups[0]] = true
		}
	}
	var out []person
	for _, p := range people {
		g := p.groups[0]
		if len(known) > 0 && !known[g] && p.NIK == "" && p.HP == "" && p.UserID == "" {
			continue
		}
		if twin := duplicateOf(out, p); twin != nil {
			twin.groups = append(twin.groups, g)
			twin.contradicted(p)
			twin.fill(p)
			continue
		}
		out = append(out, p)
	}
	return out
}

// duplicateOf is the same person in another list of the paper; twice in one list is a fault that is named.
func duplicateOf(people []person, p person) *person {
	return only(people, func(o *person) bool {
		return !slices.Contains(o.groups, p.groups[0]) && sameNames(*o, p) && (o.NIP == "" || p.NIP == "" || o.NIP == p.NIP) && !namesakes(*o, p)
	})
}

// namesakes says that two of one name, of whom no number tells that they are one, have another grade or post: they are two.
func namesakes(o, p person) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && fold(a) != fold(b) }
	return o.NIP == "" && p.NIP == "" && (differ(o.Golongan, p.Golongan) || differ(o.Jabatan, p.Jabatan))
}

// sameNames wants one name, or where it is left out one NIP.
func sameNames(o, p person) bool {
	a, b := NameKey(o.Nama), NameKey(p.Nama)
	return a == b && a != "" || (a == "" || b == "") && o.NIP == p.NIP && p.NIP != ""
}

// contradicted marks what the two lists tell differently.
func (p *person) contradicted(o person) {
	for _, x := range values {
		if a, b := *x.of(p), *x.of(&o); a != "" && b != "" && a != b && slices.Contains([]field{fieldEmail, fieldHP, fieldNIK, fieldUserID}, x.f) {
			p.doubt(x.f)
			if x.f == fieldEmail && !slices.Contains(p.unlike, b) {
				p.unlike = append(p.unlike, b)
			}
		}
	}
}
