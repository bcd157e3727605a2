// SPDX-License-Identifier: Apache-2.0

package provider

import "path"

// DriverIDs reads enum rdma_driver_id of a release's DriverHeader: which
// constant has which number. A constant that is another one's second name is
// left out, as is one whose number the text does not tell; where an #if decides
// the constant is there with each number that it can have.
//
// Errors: *PlaceError.
func DriverIDs(header []byte) (map[int]string, error) {
	def, err := parseEnum(DriverHeader, header, driverEnum)
	if err != nil {
		return nil, err
	}
	ids := make(map[int]string, len(def.Consts))
	for _, e := range def.Consts {
		for _, value := range e.Values {
			if _, taken := ids[value]; !taken && e.Alias == "" {
				ids[value] = e.Name
			}
		}
	}
	return ids, nil
}

// Reads lists every file of a release that Integrate looks at, so that it can
// be run on a tree of those alone.
func (p *Provider) Reads() []string {
	names := []string{TopCMake, HeadersCMake, DriverHeader, VerbsHeader, Maintainers, Readme}
	for _, c := range p.CopyPlan() {
		names = append(names, path.Clean(c.To))
	}
	return names
}
