// SPDX-License-Identifier: Apache-2.0

package provider

// DriverIDs reads enum rdma_driver_id of a release's DriverHeader: which
// constant has which number. A constant that is another one's second name is
// left out, as is one whose number the text does not tell; where an #if decides
// the constant is there with each number that it can have.
//
// Errors: *PlaceError.
func DriverIDs(header []byte) (map[int]string, error) {
	def, err := ReadDriverIDs(DriverHeader, header)
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
